package mirror.surface.signal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.kernel.Programs;
import mirror.trust.Action;
import mirror.trust.Effect;
import mirror.trust.Redactor;

/**
 * The notifications of this machine's screen, by the desktop's own program: {@code notify-send} (freedesktop.org) or, on macOS,
 * {@code osascript}. Other users of the machine may see the arguments of a program, so without {@code text: true} only topic and title
 * are shown.
 */
final class DesktopChannel implements Channel {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_TITLE = 200;
    private static final int MOST_TEXT = 1_000;

    private final Programs programs;
    private final boolean mac;
    private final String path;
    private final Path home;

    /**
     * @param system name of the operating system, as {@code os.name} has it
     * @param path folders in which the program is looked for
     */
    DesktopChannel(Programs programs, String system, String path, Path home) {
        this.programs = programs;
        this.mac = system.startsWith("Mac");
        this.path = path;
        this.home = home;
    }

    /** By absolute folders alone: a relative one would lead to wherever Mirror was started. */
    private String found() {
        return Arrays.stream(path.split(":", -1))
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> Path.of(folder).resolve(program()))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(program());
    }

    private String program() {
        return mac ? "osascript" : "notify-send";
    }

    @Override
    public Action action(Route route, Message message) {
        return new Action(
                Access.TOOL,
                Access.TOOL,
                null,
                Access.TOOL,
                Json.object().put("route", route.name()).put("message", message.id()),
                home,
                home,
                List.of(new Effect.Run(List.of(program()))));
    }

    @Override
    public Outcome send(Route route, Message message, int attempt) throws IOException, InterruptedException {
        boolean text = route.target() instanceof Route.Target.Desktop desktop && desktop.text();
        String title = Plain.line(message.title().isEmpty() ? message.topic() : message.title(), MOST_TITLE);
        String body = text ? Plain.text(message.message(), MOST_TEXT) : "";
        Programs.Result result = programs.run(argv(message, title, body), Map.of(), "", TIMEOUT);
        if (result.exit() == 0) {
            return new Outcome.Sent();
        }
        return new Outcome.Again(
                program()
                        + (result.late()
                                ? " did not end in time"
                                : " ended with exit code " + result.exit() + ": "
                                        + Redactor.redact(Plain.line(result.output(), MOST_TITLE))),
                null);
    }

    private List<String> argv(Message message, String title, String body) {
        if (mac) {
            // The words are arguments of the script and never part of it.
            return List.of(
                    found(),
                    "-e",
                    "on run argv",
                    "-e",
                    "display notification (item 2 of argv) with title (item 1 of argv)",
                    "-e",
                    "end run",
                    "--",
                    title,
                    body);
        }
        List<String> argv = new ArrayList<>(List.of(
                found(), "--app-name=Mirror", "--urgency=" + urgency(message.effectivePriority()), "--", title));
        if (!body.isEmpty()) {
            // The body may hold markup, by the desktop's specification; what a message says is none.
            argv.add(body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
        }
        return argv;
    }

    private static String urgency(int priority) {
        return priority >= 5 ? "critical" : priority >= 3 ? "normal" : "low";
    }
}
