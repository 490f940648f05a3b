package mirror.surface.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import mirror.bus.Json;
import mirror.trust.guard.Finding;
import mirror.trust.guard.Guard;
import tools.jackson.databind.node.ObjectNode;

/** What the guard finds in a text. It reads one file and nothing of Mirror's, and so runs beside the daemon. */
record GuardCommand() implements FileCommand {
    /** More is not read: the guard looks at less. */
    private static final int LIMIT = 8 * 1024 * 1024;

    @Override
    public String name() {
        return "guard";
    }

    @Override
    public String usage() {
        return "guard --check FILE|- [--json]";
    }

    @Override
    public String summary() {
        return "look for attempts to steer an assistant in a text";
    }

    @Override
    public String help() {
        return "Exit code 1 when the text is flagged. The findings name neither the text nor a part of it.\n";
    }

    @Override
    public int run(Stored stored, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "check=", "json");
        options.none(this);
        String file = options.value("check").orElse("");
        if (file.isEmpty()) {
            throw CliException.usage("usage: mirror " + usage());
        }
        Guard.Report report = new Guard().examine(read(file, call.cwd()));
        if (options.has("json")) {
            ObjectNode json = Json.object()
                    .put("flagged", report.flagged())
                    .put("high", report.high())
                    .put("score", report.score());
            var findings = json.putArray("findings");
            report.findings().forEach(finding -> findings.addPOJO(finding));
            out.line(Json.MAPPER.writeValueAsString(json));
        } else {
            out.line(
                    report.flagged()
                            ? "flagged" + (report.high() ? ", high" : "") + ", score " + report.score()
                            : "nothing that counts, score " + report.score());
            for (Finding finding : report.findings()) {
                out.line("  " + finding.family().text() + "  " + finding.mechanism() + "  " + finding.score() + "  "
                        + finding.layer() + "  span " + finding.span());
            }
        }
        return report.flagged() ? Exit.NO : Exit.OK;
    }

    private static String read(String file, Path cwd) throws IOException {
        try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(cwd.resolve(file))) {
            return new String(in.readNBytes(LIMIT), StandardCharsets.UTF_8);
        } catch (NoSuchFileException | InvalidPathException e) {
            throw CliException.no("there is no file " + Style.plain(file));
        }
    }
}
