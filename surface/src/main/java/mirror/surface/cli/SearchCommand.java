package mirror.surface.cli;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Map;
import mirror.surface.Core;
import mirror.surface.NoteJson;
import mirror.vault.Hit;
import mirror.vault.SearchRequest;
import mirror.vault.SearchRequest.By;
import mirror.vault.Vault.Answer;
import org.jspecify.annotations.Nullable;

/** Finds notes. Looks only; the notes are read where they are. */
record SearchCommand() implements Command {
    @Override
    public String name() {
        return "search";
    }

    @Override
    public String usage() {
        return "search WORD ... [--folder F] [--tag T,T] [--property NAME=VALUE] [--since DAY] [--until DAY] [--by words|meaning|both] [--limit N] [--json]";
    }

    @Override
    public String summary() {
        return "find notes of your vault: path, heading and lines of what answers best";
    }

    @Override
    public String help() {
        return """
                Words are found in all their forms, best first; "words in quotation marks" must stand together, and a word after -- with a
                minus sign before it must not occur. Without words every note that the options allow is a hit.

                --folder F        only below this folder of the vault
                --tag T,T         only notes with all these tags; project holds project/x
                --property N=V    only notes whose front matter says so, such as type=book
                --since, --until  only notes of these days (2026-01-31): the front matter's date, else the file's
                --by words        only by their words; meaning: only by what they mean; both (default) finds what says it in other words too
                --limit N         at most N hits (10)

                The model that knows what English text means runs on this machine. New notes are found by their words at once, and by what they
                mean when it has read them; the last line of an answer says how many are left. Set embeddings: false in config.yaml for none.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(
                this, call.args(), "folder=", "tag=", "property=", "since=", "until=", "by=", "limit=", "json");
        if (options.rest().isEmpty() && !options.isGiven("folder", "tag", "property", "since", "until")) {
            throw CliException.usage("what for? usage: mirror " + usage());
        }
        Answer answer = VaultCommand.open(core).search(request(options));
        if (options.has("json")) {
            out.json(NoteJson.of(answer));
        } else {
            print(answer, new Style(call.color()), out);
        }
        return answer.hits().isEmpty() ? Exit.NO : Exit.OK;
    }

    private SearchRequest request(Options options) {
        String[] property = options.value("property").orElse("").split("=", 2);
        if (property.length < 2 && !property[0].isEmpty()) {
            throw CliException.usage("--property takes NAME=VALUE; usage: mirror " + usage());
        }
        try {
            return new SearchRequest(
                    String.join(" ", options.rest()),
                    options.value("folder").orElse(""),
                    Arrays.stream(options.value("tag").orElse("").split(",", -1))
                            .filter(tag -> !tag.isBlank())
                            .map(String::strip)
                            .toList(),
                    property.length < 2 ? Map.of() : Map.of(property[0], property[1]),
                    day(options, "since"),
                    day(options, "until"),
                    by(options),
                    Integer.parseInt(options.value("limit").orElse("10")));
        } catch (NumberFormatException e) {
            throw CliException.usage("--limit takes a whole number");
        } catch (IllegalArgumentException e) {
            throw CliException.usage(String.valueOf(e.getMessage()));
        }
    }

    private static By by(Options options) {
        return switch (options.value("by").orElse("both")) {
            case "words" -> By.WORDS;
            case "meaning" -> By.MEANING;
            case "both" -> By.BOTH;
            default -> throw CliException.usage("--by takes words, meaning or both");
        };
    }

    private static @Nullable LocalDate day(Options options, String name) {
        try {
            return options.value(name).map(LocalDate::parse).orElse(null);
        } catch (DateTimeException e) {
            throw CliException.usage("--" + name + " takes a day such as 2026-01-31");
        }
    }

    private static void print(Answer answer, Style style, Out out) {
        for (Hit hit : answer.hits()) {
            out.line(style.bold(Style.plain(hit.path()))
                    + style.dim(":" + hit.first()
                            + (hit.last() > hit.first() ? "-" + hit.last() : "")
                            + (hit.heading().isEmpty() ? "" : "  " + Style.plain(hit.heading()))));
            marked(hit, style).lines().filter(line -> !line.isBlank()).forEach(line -> out.line("    " + line));
        }
        out.line(style.dim(
                (answer.hits().isEmpty() ? "nothing found" : answer.hits().size() + " of " + answer.total()) + "; "
                        + NoteJson.freshness(answer.freshness())));
    }

    /** The text with what was found in bold; no character of a note reaches the terminal as a command. */
    private static String marked(Hit hit, Style style) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        for (Hit.Mark mark : hit.marks()) {
            if (mark.start() >= at) {
                text.append(lines(hit.text().substring(at, mark.start())))
                        .append(style.bold(lines(hit.text().substring(mark.start(), mark.end()))));
                at = mark.end();
            }
        }
        return text.append(lines(hit.text().substring(at))).toString();
    }

    private static String lines(String text) {
        return String.join(
                "\n", Arrays.stream(text.split("\\R", -1)).map(Style::plain).toList());
    }
}
