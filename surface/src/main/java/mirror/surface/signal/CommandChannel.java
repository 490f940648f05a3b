package mirror.surface.signal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.kernel.Programs;
import mirror.trust.Action;
import mirror.trust.Redactor;
import mirror.trust.shell.CommandLine;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;

/**
 * A program of the owner's, as an organism's: no shell, the message as a line of JSON on standard input, {@code MIRROR_KEY} the same for
 * each repetition. Exit code 75 (sysexits' EX_TEMPFAIL) asks to be tried again later.
 */
final class CommandChannel implements Channel {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int EX_TEMPFAIL = 75;

    private final Programs programs;
    private final ShellContext shell;
    private final Path user;

    CommandChannel(Programs programs, ShellContext shell, Path user) {
        this.programs = programs;
        this.shell = shell;
        this.user = user;
    }

    @Override
    public Action action(Route route, Message message) {
        String command = CommandLine.of(argv(route));
        return new Action(
                Access.TOOL,
                Access.TOOL,
                null,
                Access.TOOL,
                Json.object()
                        .put("route", route.name())
                        .put("message", message.id())
                        .put("command", command),
                user,
                user,
                ShellEffects.of(command, shell));
    }

    private static List<String> argv(Route route) {
        return route.target() instanceof Route.Target.Command command ? command.argv() : List.of("false");
    }

    @Override
    public Outcome send(Route route, Message message, int attempt) throws IOException, InterruptedException {
        Programs.Result result = programs.run(
                argv(route),
                Map.of(
                        "MIRROR_KEY",
                        "signal/" + message.id() + "/" + route.name(),
                        "MIRROR_TOPIC",
                        message.topic(),
                        "MIRROR_ATTEMPT",
                        String.valueOf(attempt)),
                Json.MAPPER.writeValueAsString(message.json("")),
                TIMEOUT);
        String words = result.output().isEmpty() ? "" : ": " + Redactor.redact(Plain.line(result.output(), 500));
        if (result.late()) {
            return new Outcome.Again("it did not end within " + TIMEOUT.toSeconds() + " s" + words, null);
        }
        return switch (result.exit()) {
            case 0 -> new Outcome.Sent();
            case EX_TEMPFAIL -> new Outcome.Again("it asks to be tried again later (exit code 75)" + words, null);
            default -> new Outcome.Again("exit code " + result.exit() + words, null);
        };
    }
}
