package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.FileStore;
import mirror.bus.FileVersion;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.hook.Connection.Change;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Puts an older version of a file back that Mirror wrote; for the owner, as {@code approve} is. */
record RollbackCommand() implements Command {
    @Override
    public String name() {
        return "rollback";
    }

    @Override
    public String usage() {
        return "rollback <file> [--to DIGEST|none] [--list] [--json] [--yes]";
    }

    @Override
    public String summary() {
        return "put an older version of a file back that Mirror wrote";
    }

    @Override
    public String help() {
        return """
                --list       the kept versions, newest first; changes nothing
                --to DIGEST  the version whose SHA-256 begins so (four digits or more); 'none' removes the file
                --yes        do not ask
                Without --to, the version before the present one. The present one is kept, so the same command takes it back.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "to=", "list", "json", "yes");
        String name = options.one(this);
        if (name.isEmpty() || name.indexOf('\0') >= 0) {
            throw CliException.usage("usage: mirror " + usage());
        }
        Path file = call.path(name);
        String to = options.value("to").orElse(null);
        if (options.has("list")) {
            if (to != null || options.has("yes")) {
                throw CliException.usage("--list goes with neither --to nor --yes");
            }
            return list(core, call, out, file, options.has("json"));
        }
        if (!options.has("yes")) {
            FileStore.Rollback plan = core.files().plan(file, to);
            if (options.has("json")) {
                out.line(Json.MAPPER.writeValueAsString(json(plan).put("done", false)));
            } else {
                out.print(new Change(plan.file(), now(plan), bytes(core, plan.to())).diff());
            }
            out.confirm(
                    plan.to() == null
                            ? "Remove " + Style.plain(plan.file().toString()) + "?"
                            : "Put version " + shown(plan.to()) + " of "
                                    + Style.plain(plan.file().toString()) + " back?");
            return Exit.OK;
        }
        FileStore.Rollback done = core.files().rollback(file, to, "owner", null);
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(json(done).put("done", true).put("recorded", done.recorded())));
            return Exit.OK;
        }
        out.line(
                done.to() == null
                        ? "removed: " + Style.plain(done.file().toString())
                        : "restored: " + Style.plain(done.file().toString()) + " is version " + shown(done.to())
                                + " again");
        if (!done.recorded()) {
            out.line("the event log could not record it; it is recorded when the log works again");
        }
        String refusal = core.policies().current().refusal();
        if (refusal != null && sameFile(done.file(), core.policies().file())) {
            out.line("everything is blocked until you run 'mirror policy sign'");
        }
        return Exit.OK;
    }

    private static boolean sameFile(Path a, Path b) throws IOException {
        return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
    }

    private static byte @Nullable [] now(FileStore.Rollback plan) throws IOException {
        return plan.from() == null ? null : Files.readAllBytes(plan.file());
    }

    private static byte @Nullable [] bytes(Core core, @Nullable String digest) throws IOException {
        return digest == null ? null : core.files().bytes(digest);
    }

    private static ObjectNode json(FileStore.Rollback rollback) {
        return Json.object()
                .put("path", rollback.file().toString())
                .put("from", rollback.from())
                .put("to", rollback.to());
    }

    private static String shown(@Nullable String digest) {
        return digest == null ? FileWrite.NONE : digest.substring(0, 12);
    }

    private static int list(Core core, Call call, Out out, Path file, boolean json) throws IOException {
        List<FileVersion> versions = core.files().history(file);
        if (json) {
            var array = Json.array();
            for (FileVersion version : versions) {
                array.addObject()
                        .put("entry", version.entry())
                        .put("step", version.step().text())
                        .put("digest", version.digest())
                        .put("previous", version.previous())
                        .put("bytes", version.bytes())
                        .put("mode", version.mode())
                        .put("time", version.time().toString())
                        .put("who", version.who())
                        .put("session", version.session())
                        .put("outcome", version.outcome().text())
                        .put("current", version.current());
            }
            out.line(Json.MAPPER.writeValueAsString(array));
            return versions.isEmpty() ? Exit.NO : Exit.OK;
        }
        if (versions.isEmpty()) {
            throw CliException.no("no version of " + Style.plain(file.toString()) + " was ever kept");
        }
        Style style = new Style(call.color());
        for (FileVersion version : versions) {
            String age = StatusCommand.age(
                    Duration.between(version.time(), core.clock().instant()));
            String line = "%s  %-12s  %10s  %9s  %-8s  %s"
                            .formatted(
                                    version.current() ? "\u25cf" : " ",
                                    shown(version.digest()),
                                    age,
                                    version.digest() == null ? "" : version.bytes() + " B",
                                    version.step().text(),
                                    Style.plain(version.who()))
                    + (version.outcome() == FileVersion.Outcome.DONE
                            ? ""
                            : "  (" + version.outcome().text() + ")");
            out.line(version.current() ? style.bold(line) : line);
        }
        return Exit.OK;
    }
}
