package mirror.surface.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.EventLog;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.pulse.stats.MarkedText;
import mirror.pulse.stats.Report;
import mirror.pulse.stats.TextCheck;
import mirror.pulse.stats.TextCheck.Found;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;

/**
 * {@code mirror stats --check}: checks the numbers of a text with a public key, and with the log when it is the home's own. Repeats nothing
 * of the text but the names and numbers of its marks.
 */
public final class NumberCheck {
    /** In bytes; a character takes up to four of them. */
    private static final int LONGEST = 4 * MarkedText.LONGEST;

    private static final String INPUT = "-";

    private NumberCheck() {}

    /** Whether this call can be answered without a home. */
    public static boolean standsAlone(String command, Call call, boolean home) {
        if (!command.equals("stats") || call.args().contains("--help")) {
            return false;
        }
        Options options = StatsCommand.options(call);
        return options.value("check").isPresent()
                && (!home || options.value("key").isPresent());
    }

    /** Checks without a home. */
    public static int run(Call call, Out out) {
        return run(StatsCommand.options(call), call, null, out);
    }

    static int run(Options options, Call call, @Nullable Core core, Out out) {
        options.none(new StatsCommand());
        String name = options.value("check").orElseThrow();
        String given = options.value("key").orElse(null);
        NoteKey own = core == null ? null : core.key().key(core.origin());
        if (given == null && own == null) {
            throw CliException.usage("there is no home whose key could be trusted, so say whose numbers they must be:"
                    + " --key <verifier key, or path of the log's key.pub>, from a source that you trust");
        }
        NoteKey key = given == null ? java.util.Objects.requireNonNull(own) : ProofCheck.key(given, call);
        EventLog log = core != null && key.equals(own) ? core.projector().log() : null;
        Path file = call.path(name.equals(INPUT) ? "standard input" : name);
        byte[] bytes = name.equals(INPUT) ? input() : read(file);
        String statement = options.value("statement")
                .map(place ->
                        new String(ProofCheck.read(call.path(place), Report.MAX_BYTES + 1), StandardCharsets.UTF_8))
                .orElse(null);
        List<Found> found;
        try {
            found = TextCheck.of(MarkedText.of(text(bytes, file)), statement, key, log);
        } catch (IllegalArgumentException e) {
            throw CliException.no(
                    Style.plain(name) + " is not checked: " + Style.plain(String.valueOf(e.getMessage())));
        }
        boolean good = !found.isEmpty()
                && found.stream().allMatch(each -> each.verdict().isGood());
        if (options.has("json")) {
            json(found, good, log != null, out);
        } else {
            tell(name, found, new Style(call.color()), out);
        }
        return good ? Exit.OK : Exit.NO;
    }

    private static byte[] input() {
        try {
            return System.in.readNBytes(LONGEST + 1);
        } catch (IOException e) {
            throw CliException.no(
                    "standard input cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    static byte[] read(Path file) {
        return ProofCheck.read(file, LONGEST + 1);
    }

    /** The text of a file, or a sentence why it is none. */
    static String text(byte[] bytes, Path file) {
        try {
            if (bytes.length > LONGEST) {
                throw CliException.no(Style.plain(file.toString()) + " is larger than " + LONGEST + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw CliException.no(Style.plain(file.toString()) + " is not a text in UTF-8");
        }
    }

    private static void json(List<Found> found, boolean good, boolean counted, Out out) {
        var json = Json.object().put("good", good).put("counted", counted);
        var array = json.putArray("numbers");
        for (Found each : found) {
            array.addObject()
                    .put("line", each.place().line())
                    .put("column", each.place().column())
                    .put("name", each.name())
                    .put("verdict", each.verdict().text())
                    .put("good", each.verdict().isGood())
                    .put("sentence", each.sentence());
        }
        out.json(json);
    }

    private static void tell(String name, List<Found> found, Style style, Out out) {
        for (Found each : found) {
            String verdict = each.verdict().text();
            out.line(Style.plain(name) + ":" + each.place().line() + ":"
                    + each.place().column() + "  "
                    + (each.verdict().isGood() ? style.good(verdict) : style.bad(verdict)) + "  "
                    + style.bold(Style.plain(each.name().isEmpty() ? "statement" : each.name())) + "  "
                    + Style.plain(each.sentence()));
        }
        if (found.isEmpty()) {
            out.line("no number in it is marked, so nothing was checked");
        }
    }
}
