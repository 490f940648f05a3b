package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.agent.AgentEvent;
import mirror.surface.agent.AgentEvent.Ended;
import mirror.surface.agent.AgentEvent.Reason;
import mirror.surface.agent.AgentRunner;
import mirror.surface.agent.AgentRuns;
import mirror.surface.agent.Agents;
import mirror.surface.agent.Run;
import mirror.surface.agent.Task;
import tools.jackson.databind.node.ObjectNode;

/** Starts agents without a terminal of their own, under the gate, and shows what they do while they do it. */
record AgentCommand() implements Command {
    private static final Duration BEAT = Duration.ofMillis(500);
    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("MM-dd HH:mm", Locale.ROOT);

    @Override
    public String name() {
        return "agent";
    }

    @Override
    public String usage() {
        return "agent [list] [--json] | run claude|codex|gemini PROMPT [--cwd DIR] [--resume SESSION] [--model M] [--minutes N]"
                + " [--tokens N] [--json] | cancel RUN";
    }

    @Override
    public String summary() {
        return "start an agent under Mirror's gate, watch it, end it";
    }

    @Override
    public String help() {
        return """
                run      start the agent with this prompt and show what it does; Ctrl-C ends it and all that it started
                list     the runs, newest first
                cancel   end a run that another terminal started

                --cwd DIR         folder that it works in (this one)
                --resume SESSION  go on with an earlier session of the agent
                --model M         the agent's name for the model
                --minutes N       end it after so long (30)
                --tokens N        end it when it has used so many (a million, or what is left of the day); they are reserved first

                The agents are claude, codex and gemini. The agent must be connected: what the gate blocks is blocked here too,
                and what it asks about waits for 'mirror approve' on another terminal.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(this, call.args(), "cwd=", "resume=", "model=", "minutes=", "tokens=", "json");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(core, call, options, out);
            case "run 3" -> start(core, call, options, out);
            case "cancel 2" -> {
                if (!core.agents().cancel(rest.get(1))) {
                    throw CliException.no(
                            "no run '" + Style.plain(rest.get(1)) + "' is at work; 'mirror agent' lists them");
                }
                out.line("told to end");
                yield Exit.OK;
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    // ---- run

    private int start(Core core, Call call, Options options, Out out) throws IOException, InterruptedException {
        String name = options.rest().get(1);
        AgentRunner runner = core.agents().runners().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        CliException.usage("'" + Style.plain(name) + "' is no agent that Mirror can start; there is: "
                                + core.agents().runners().stream()
                                        .map(AgentRunner::name)
                                        .collect(Collectors.joining(", "))));
        Agents.Started started;
        try {
            started = core.agents().start(runner, task(call, options), number(options, "tokens", 0));
        } catch (Agents.Refused e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
        try {
            return show(runner, started, call, options.has("json"), out);
        } finally {
            started.run().cancel();
        }
    }

    private Task task(Call call, Options options) throws IOException {
        Path cwd = call.path(options.value("cwd").orElse(".")).normalize();
        if (!Files.isDirectory(cwd)) {
            throw CliException.no("there is no folder " + Style.plain(cwd.toString()) + " to work in");
        }
        String config = call.folders().get(options.rest().get(1));
        try {
            return new Task(
                    options.rest().get(2),
                    cwd.toRealPath(),
                    config == null ? null : Path.of(config),
                    options.value("model").orElse(null),
                    options.value("resume").orElse(null),
                    Duration.ofMinutes(number(options, "minutes", LIMIT.toMinutes())));
        } catch (IllegalArgumentException e) {
            throw CliException.usage(Style.plain(String.valueOf(e.getMessage())));
        }
    }

    private static long number(Options options, String name, long otherwise) {
        String text = options.value(name).orElse(String.valueOf(otherwise));
        if (!text.matches("[0-9]{1,12}") || (options.value(name).isPresent() && Long.parseLong(text) == 0)) {
            throw CliException.usage("--" + name + " takes a whole number over 0");
        }
        return Long.parseLong(text);
    }

    /** Until the run has ended, or nobody looks any more, which ends it. */
    private static int show(AgentRunner runner, Agents.Started started, Call call, boolean json, Out out)
            throws IOException, InterruptedException {
        Run run = started.run();
        Style style = new Style(call.color());
        if (!json) {
            out.line(style.dim("run " + started.id() + "  " + runner.client() + ", pid " + run.pid()));
        }
        while (true) {
            out.flush();
            if (call.abandoned()) {
                run.cancel();
            }
            Optional<AgentEvent> next = run.next(BEAT);
            if (next.isEmpty()) {
                continue;
            }
            AgentEvent event = next.get();
            if (json) {
                json(event).ifPresent(out::line);
            } else {
                text(event, style, call.width()).ifPresent(out::line);
            }
            if (event instanceof AgentEvent.TurnEnded) {
                run.finish();
            }
            if (event instanceof Ended ended) {
                if (!json && !run.session().isEmpty()) {
                    out.line(style.dim("to go on: mirror agent run " + runner.name() + " PROMPT --resume "
                            + Style.plain(run.session())));
                }
                if (ended.reason() != Reason.DONE) {
                    throw CliException.no(why(ended));
                }
                return Exit.OK;
            }
        }
    }

    private static String why(Ended ended) {
        String words = ended.words().lines().reduce((_, last) -> last).orElse("");
        return switch (ended.reason()) {
            case CANCELLED -> "the run was cancelled";
            case TIME -> "the run took longer than it was given; --minutes gives more";
            case BUDGET -> "the run used up its tokens (" + ended.usage().total() + "); --tokens gives more";
            case UNGATED -> "a tool ran that the gate was not asked about, so the run was ended; see 'mirror doctor'";
            case STOPPED, LOST -> "the daemon stopped, and the run with it";
            case DONE, FAILED ->
                "the agent failed with exit code " + ended.exit() + (words.isEmpty() ? "" : ": " + Style.plain(words));
        };
    }

    private static Optional<String> json(AgentEvent event) {
        return Optional.of(Json.MAPPER.writeValueAsString(Json.object()
                .put("event", event.getClass().getSimpleName().toLowerCase(Locale.ROOT))
                .setAll(Json.MAPPER.<ObjectNode>valueToTree(event))));
    }

    private static Optional<String> text(AgentEvent event, Style style, int width) {
        return switch (event) {
            case AgentEvent.Opened opened ->
                Optional.of(style.dim("session " + Style.plain(opened.session()) + "  " + Style.plain(opened.model())));
            case AgentEvent.Text said ->
                Optional.of(said.text().lines().map(Style::plain).collect(Collectors.joining("\n")));
            case AgentEvent.Call wanted ->
                Optional.of(Style.clip("  \u2192 " + Style.plain(wanted.tool() + ": " + wanted.input()), width));
            case AgentEvent.Result came -> {
                String line = Style.clip("  \u2190 " + Style.plain(came.text()), width);
                yield Optional.of(came.error() ? style.bad(line) : style.dim(line));
            }
            case AgentEvent.Notice notice -> Optional.of(style.wait("  " + Style.plain(notice.text())));
            case AgentEvent.TurnEnded ended ->
                ended.error() ? Optional.of(style.bad(Style.plain(ended.text()))) : Optional.empty();
            case Ended ended ->
                Optional.of(style.dim("ended: " + ended.reason().text() + ", "
                        + String.format(Locale.ROOT, "%,d", ended.usage().total()) + " tokens"
                        + (ended.left() > 0 ? ", " + ended.left() + " processes ended with it" : "")));
            case AgentEvent.Used _ -> Optional.empty();
        };
    }

    // ---- list

    private static int list(Core core, Call call, Options options, Out out) {
        List<AgentRuns.Row> rows = core.state().agents().list();
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(Json.array(rows)));
            return Exit.OK;
        }
        if (rows.isEmpty()) {
            out.line("no agent was started yet: 'mirror agent run claude|codex|gemini PROMPT'");
        }
        Style style = new Style(call.color());
        for (AgentRuns.Row row : rows) {
            String reason = row.reason() == null ? "running" : row.reason();
            String head = "%s  %-9s  %s  %-11s  %,9d tokens  "
                    .formatted(
                            row.run(),
                            reason,
                            TIME.format(row.started().atZone(ZoneId.systemDefault())),
                            row.client(),
                            row.tokens());
            out.line((row.reason() == null ? style.good(head) : style.dim(head))
                    + Style.clip(Style.plain(row.prompt()), Math.max(20, call.width() - head.length())));
        }
        return Exit.OK;
    }
}
