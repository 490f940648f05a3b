package mirror.surface.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.continuity.Session;
import mirror.continuity.Types;
import mirror.surface.Core;
import mirror.trust.Action;
import mirror.trust.Approvals;
import mirror.trust.Decision;
import mirror.trust.Denials;
import mirror.trust.Effect;
import mirror.trust.Redactor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers Claude Code's hooks. Every event of a session is recorded; {@code PreToolUse} passes the gate; {@code SessionStart} gives the
 * verified memory; {@code PreCompact}, {@code Stop} and {@code SessionEnd} leave a crystal.
 *
 * <p>What comes in is hostile data: it is redacted before it is recorded and never taken as an instruction.
 *
 * <p>Must never: answer a {@code PreToolUse} with anything but the gate's word. Thread-safe.
 */
public final class ClaudeHooks {
    public static final String CLIENT = "claude-code";

    /** The client cuts {@code additionalContext} at 10,000 characters and then shows a file name instead. */
    private static final int CONTEXT_CHARACTERS = 9_800;

    private static final Duration POLL = Duration.ofSeconds(45);
    private static final int SNIPPET = 1_000;
    private static final int CHANGED_FILES = 50;
    private static final long HASHED_BYTES = 16L * 1024 * 1024;

    private final Core core;
    private final SettingsGuard guard;
    private final Intake intake;

    /** Actions that wait for the owner, by approval id. Gone after a restart: the shim's next question then fails, which blocks. */
    private final Map<String, Action> waiting = new ConcurrentHashMap<>();

    public ClaudeHooks(Core core, SettingsGuard guard) {
        this.core = core;
        this.guard = guard;
        this.intake = new Intake(core);
    }

    /**
     * Answers one hook call.
     *
     * @param event the hook's name as registered; the body must name the same one
     */
    public HookReply handle(String event, JsonNode body) {
        String session = body.path("session_id").asString("");
        String cwdText = body.path("cwd").asString("");
        if (!event.equals(body.path("hook_event_name").asString("")) || session.isEmpty() || cwdText.isEmpty()) {
            return new HookReply.Refuse(
                    "Mirror got a hook call it does not understand (" + Redactor.field(event) + ")");
        }
        Path cwd = Path.of(cwdText);
        try {
            return switch (event) {
                case "SessionStart" -> sessionStart(session, cwd, body);
                case "UserPromptSubmit" -> prompted(session, cwd, body);
                case "PreToolUse" -> preToolUse(session, cwd, body);
                case "PostToolUse" -> postToolUse(session, cwd, body);
                case "PostToolUseFailure" -> postToolUseFailure(session, cwd, body);
                case "PreCompact" -> {
                    record(
                            session,
                            cwd,
                            Types.COMPACTED,
                            text("trigger", body.path("trigger").asString("")));
                    yield crystal(session);
                }
                case "Stop", "StopFailure" -> {
                    record(
                            session,
                            cwd,
                            Types.TURN_ENDED,
                            text("message", body.path("last_assistant_message").asString(""))
                                    .put("error", body.path("error").asString("")));
                    yield crystal(session);
                }
                case "SubagentStop" -> {
                    record(
                            session,
                            cwd,
                            Types.SUBAGENT_ENDED,
                            text("message", body.path("last_assistant_message").asString(""))
                                    .put("agent", body.path("agent_id").asString(""))
                                    .put("kind", body.path("agent_type").asString("")));
                    yield HookReply.nothing();
                }
                case "SessionEnd" -> {
                    record(
                            session,
                            cwd,
                            Types.ENDED,
                            text("reason", body.path("reason").asString("")));
                    yield crystal(session);
                }
                case "ConfigChange" -> configChange(session, cwd, body);
                default -> HookReply.nothing();
            };
        } catch (BusException e) {
            return new HookReply.Refuse("Mirror cannot record what happens, so nothing may: " + e.getMessage());
        } catch (IOException e) {
            return new HookReply.Refuse("Mirror could not write the session's crystal: " + e.getMessage());
        }
    }

    private HookReply sessionStart(String session, Path cwd, JsonNode body) {
        core.state()
                .continuity()
                .opened(
                        core.projector(),
                        CLIENT,
                        session,
                        cwd,
                        body.path("source").asString(""));
        Session opened = core.state().continuity().sessions().get(session).orElseThrow();
        String context = core.state()
                .continuity()
                .bootContext()
                .render(
                        opened.project(),
                        session,
                        core.config().contextTokens(),
                        core.projector().log());
        String warning = "";
        try {
            if (Files.exists(core.state().continuity().file().file())
                    && !core.state().continuity().file().intact()) {
                warning = "- note: " + core.state().continuity().file().file()
                        + " was changed outside Mirror; it is not used here, the log is\n";
            }
        } catch (IOException e) {
            warning = "- note: the continuity file cannot be read (" + e.getMessage() + "); the log is used\n";
        }
        String all = context + warning;
        return HookReply.context(
                "SessionStart", all.length() <= CONTEXT_CHARACTERS ? all : all.substring(0, CONTEXT_CHARACTERS));
    }

    private HookReply prompted(String session, Path cwd, JsonNode body) {
        if (Files.exists(core.home().kill())) {
            return new HookReply.Refuse(
                    "Mirror's kill switch is set (" + core.home().kill() + ")");
        }
        String prompt = body.path("prompt").asString("");
        record(session, cwd, Types.PROMPTED, text("prompt", prompt));
        intake.prompted(session, prompt);
        return HookReply.nothing();
    }

    /** Which tools of a relayed MCP server must not be shown to a model; see {@link ToolWatch}. */
    public Map<String, String> withheld(String server, JsonNode tools) {
        return core.servers().relayed().withheld(core.projector(), server, tools);
    }

    private HookReply preToolUse(String session, Path cwd, JsonNode body) {
        String tool = body.path("tool_name").asString("");
        JsonNode input = body.path("tool_input");
        Path project = session.equals(Denials.DRILL)
                ? core.state().continuity().projects().of(cwd)
                : core.state().continuity().project(core.projector(), CLIENT, session, cwd);
        Action action = new Action(
                CLIENT,
                session,
                body.path("tool_use_id").asString(""),
                tool,
                input,
                cwd,
                project,
                core.tools().effects(tool, input, cwd));
        core.servers().observe(core.projector(), action);
        return answer(
                action, core.gate().decide(action), body.path("permission_mode").asString(""));
    }

    private HookReply answer(Action action, Decision decision, String mode) {
        return switch (decision.verdict()) {
            // In plan and dontAsk the person asked the client itself to be stricter; Mirror's yes must not overrule
            // that.
            case ALLOW ->
                mode.equals("plan") || mode.equals("dontAsk")
                        ? HookReply.nothing()
                        : HookReply.permission("allow", "Mirror: " + decision.reason());
            case BLOCK ->
                HookReply.permission(
                        "deny", "Mirror blocked this: " + decision.reason() + " [rule " + decision.rule() + "]");
            case ASK -> {
                String approval = String.valueOf(decision.approval());
                if (core.state().presence().isAway()) {
                    yield HookReply.permission(
                            "deny",
                            "Mirror: the owner is away; the request " + approval + " is queued (" + decision.reason()
                                    + "). Go on without it; when it is approved, the same call goes through.");
                }
                waiting.keySet().removeIf(this::isOver);
                waiting.put(approval, action);
                yield new HookReply.Wait(approval);
            }
        };
    }

    /** Nobody polls any more for a request that ended long ago: its shim was killed. */
    private boolean isOver(String approval) {
        return core.state()
                .approvals()
                .get(approval)
                .map(request ->
                        request.status() == Approvals.Status.EXPIRED || request.status() == Approvals.Status.USED)
                .orElse(true);
    }

    /** One long poll of a shim whose action waits for the owner. */
    public HookReply poll(String approval) throws InterruptedException {
        Action action = waiting.get(approval);
        if (action == null) {
            return new HookReply.Refuse("the approval " + approval + " is not waited for");
        }
        core.state().approvals().await(approval, POLL);
        Decision decision = core.gate().settle(action, approval);
        HookReply reply = answer(action, decision, "");
        if (!(reply instanceof HookReply.Wait)) {
            waiting.remove(approval);
        }
        return reply;
    }

    private HookReply postToolUse(String session, Path cwd, JsonNode body) throws IOException {
        JsonNode input = body.path("tool_input");
        JsonNode response = body.path("tool_response");
        String tool = body.path("tool_name").asString("");
        ObjectNode data = Json.object().put("tool", tool);
        String command = input.path("command").asString("");
        if (!command.isEmpty()) {
            data.put("command", Redactor.field(command));
        }
        String output = response.isString()
                ? response.asString()
                : response.path("stdout").asString("") + response.path("stderr").asString("");
        data.put("output", Redactor.redact(output.length() <= SNIPPET ? output : output.substring(0, SNIPPET)));
        data.put("output-sha256", AtomicFiles.digest(Json.MAPPER.writeValueAsBytes(response)));
        List<Effect> effects = core.tools().effects(tool, input, cwd);
        changed(data.putArray("changed"), effects);
        projectorRecord(session, cwd, body, Types.ACTION_COMPLETED, data);
        boolean tainted = intake.took(session, cwd, tool, input, response);
        String said = (tainted ? Intake.WARNING + "\n" : "") + unproven(session, cwd, body, effects);
        return said.isEmpty() ? HookReply.nothing() : HookReply.context("PostToolUse", said.strip());
    }

    /** What to tell the agent of figures it published that the command did not show before it ran; mostly nothing. */
    private String unproven(String session, Path cwd, JsonNode body, List<Effect> effects) {
        Action action = new Action(
                CLIENT,
                session,
                body.path("tool_use_id").asString(""),
                body.path("tool_name").asString(""),
                body.path("tool_input"),
                cwd,
                core.state().continuity().project(core.projector(), CLIENT, session, cwd),
                effects);
        return core.claims()
                .after(action)
                .map(found -> {
                    core.projector().record(found);
                    return "Mirror: " + found.data().path("text").asString();
                })
                .orElse("");
    }

    /** The files that the call was to write or delete, as they are now; through which tool it wrote them does not matter. */
    private static void changed(ArrayNode changed, List<Effect> effects) throws IOException {
        Set<Path> files = new LinkedHashSet<>();
        for (Effect effect : effects) {
            switch (effect) {
                case Effect.Write(Path path) -> files.add(path);
                case Effect.Delete(Path path, boolean _) -> files.add(path);
                default -> {}
            }
        }
        for (Path file : files) {
            if (changed.size() == CHANGED_FILES || Files.isDirectory(file)) {
                continue;
            }
            ObjectNode entry = changed.addObject().put("path", file.toString());
            if (Files.isRegularFile(file) && Files.size(file) <= HASHED_BYTES) {
                entry.put("sha256", AtomicFiles.digest(Files.readAllBytes(file)));
            }
        }
    }

    private HookReply postToolUseFailure(String session, Path cwd, JsonNode body) {
        ObjectNode data = Json.object()
                .put("tool", body.path("tool_name").asString(""))
                .put("error", Redactor.field(body.path("error").asString("")));
        String command = body.path("tool_input").path("command").asString("");
        if (!command.isEmpty()) {
            data.put("command", Redactor.field(command));
        }
        projectorRecord(session, cwd, body, Types.ACTION_FAILED, data);
        intake.took(session, cwd, body.path("tool_name").asString(""), body.path("tool_input"), body.path("error"));
        return HookReply.nothing();
    }

    private HookReply configChange(String session, Path cwd, JsonNode body) {
        String file = body.path("file_path").asString("");
        List<String> faults = guard.faults(file);
        record(
                session,
                cwd,
                "mirror.settings.changed.v1",
                Json.object()
                        .put("source", body.path("source").asString(""))
                        .put("file", Redactor.field(file))
                        .put("verdict", faults.isEmpty() ? "allow" : "block")
                        .put("reason", String.join("; ", faults)));
        return faults.isEmpty()
                ? HookReply.nothing()
                : new HookReply.Refuse("Mirror keeps this session's hooks: " + String.join("; ", faults));
    }

    private HookReply crystal(String session) throws IOException {
        core.state().continuity().crystallize(core.projector(), session);
        return HookReply.nothing();
    }

    private static ObjectNode text(String name, String value) {
        return Json.object().put(name, Redactor.field(value));
    }

    private void record(String session, Path cwd, String type, ObjectNode data) {
        core.state().continuity().project(core.projector(), CLIENT, session, cwd);
        core.projector().record(Draft.of(type, CLIENT, data).subject(session).session(session));
    }

    private void projectorRecord(String session, Path cwd, JsonNode body, String type, ObjectNode data) {
        core.state().continuity().project(core.projector(), CLIENT, session, cwd);
        core.projector()
                .record(Draft.of(type, CLIENT, data)
                        .subject(body.path("tool_use_id").asString(""))
                        .session(session));
    }

    /** Reads a hook's body; what is not a JSON object is refused by {@link #handle}. */
    public static JsonNode parse(byte[] body) {
        try {
            return Json.MAPPER.readTree(new String(body, StandardCharsets.UTF_8));
        } catch (tools.jackson.core.JacksonException e) {
            return Json.object();
        }
    }
}
