package mirror.surface.hook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
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
import mirror.surface.probe.Probed;
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
 * Answers the hooks of one client. Every event of a session is recorded; a tool that is about to run passes the gate; the session's
 * start gives the verified memory; a compaction, the end of a turn and of a session leave a crystal.
 *
 * <p>What comes in is hostile data: it is redacted before it is recorded and never taken as an instruction.
 *
 * <p>Must never: answer a call before a tool with anything but the gate's word. Thread-safe.
 */
final class ClientHooks {
    private static final Duration POLL = Duration.ofSeconds(45);
    private static final int SNIPPET = 1_000;
    private static final int CHANGED_FILES = 50;
    private static final int REMEMBERED = 1_000;
    private static final long HASHED_BYTES = 16L * 1024 * 1024;

    private final Core core;
    private final Dialect dialect;
    private final SettingsGuard guard;
    private final Intake intake;

    /** Actions that wait for the owner, by approval id. Gone after a restart: the shim's next question then fails, which blocks. */
    private final Map<String, Action> waiting = new ConcurrentHashMap<>();

    /** Sessions that were opened and wait for their first prompt to be told; lost in a restart, which costs one its context. */
    private final Set<String> untold = ConcurrentHashMap.newKeySet();

    /** What the files were that an allowed action is to change, by session and call; lost in a restart, which costs a digest. */
    private final Map<String, Map<Path, String>> before = new ConcurrentHashMap<>();

    ClientHooks(Core core, Dialect dialect, SettingsGuard guard) {
        this.core = core;
        this.dialect = dialect;
        this.guard = guard;
        this.intake = new Intake(core, dialect.client());
    }

    /**
     * Answers one hook call.
     *
     * @param event the hook's name as registered; the body must name the same one
     */
    HookReply handle(String event, JsonNode body) {
        String session = body.path("session_id").asString("");
        String cwdText = body.path("cwd").asString("");
        if (!event.equals(body.path("hook_event_name").asString("")) || session.isEmpty() || cwdText.isEmpty()) {
            return new HookReply.Refuse(
                    "Mirror got a hook call it does not understand (" + Redactor.field(event) + ")");
        }
        Path cwd = Path.of(cwdText);
        try {
            return switch (dialect.read(event, body)) {
                case HookCall.Opened(String how) -> opened(event, session, cwd, how);
                case HookCall.Prompted(String prompt) -> prompted(event, session, cwd, prompt);
                case HookCall.Before(HookCall.ToolUse use, boolean strict) -> before(session, cwd, use, strict);
                case HookCall.After(HookCall.ToolUse use, JsonNode response) ->
                    after(event, session, cwd, use, response);
                case HookCall.Failed(HookCall.ToolUse use, JsonNode error) -> failed(event, session, cwd, use, error);
                case HookCall.Compacting(String trigger) -> {
                    record(session, cwd, Types.COMPACTED, text("trigger", trigger));
                    yield crystal(session);
                }
                case HookCall.TurnEnded(String message, String error) -> {
                    record(
                            session,
                            cwd,
                            Types.TURN_ENDED,
                            text("message", message).put("error", error));
                    yield crystal(session);
                }
                case HookCall.SubagentEnded(String message, String agent, String kind) -> {
                    record(
                            session,
                            cwd,
                            Types.SUBAGENT_ENDED,
                            text("message", message).put("agent", agent).put("kind", kind));
                    yield HookReply.nothing();
                }
                case HookCall.Ended(String reason) -> {
                    record(session, cwd, Types.ENDED, text("reason", reason));
                    yield crystal(session);
                }
                case HookCall.SettingsChanged(String source, String file) ->
                    settingsChanged(session, cwd, source, file);
                case HookCall.Other() -> HookReply.nothing();
            };
        } catch (BusException e) {
            return new HookReply.Refuse("Mirror cannot record what happens, so nothing may: " + e.getMessage());
        } catch (IOException e) {
            return new HookReply.Refuse("Mirror could not write the session's crystal: " + e.getMessage());
        }
    }

    private HookReply opened(String event, String session, Path cwd, String how) {
        core.state().continuity().opened(core.projector(), dialect.client(), session, cwd, how);
        if (dialect.contextWithPrompt()) {
            if (untold.size() > REMEMBERED) {
                untold.clear();
            }
            untold.add(session);
            return HookReply.nothing();
        }
        return tell(event, session);
    }

    /** What a session is told of what went before it. */
    private HookReply tell(String event, String session) {
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
        int most = dialect.contextCharacters();
        return dialect.context(event, all.length() <= most ? all : all.substring(0, most));
    }

    private HookReply prompted(String event, String session, Path cwd, String prompt) {
        if (Files.exists(core.home().kill())) {
            return new HookReply.Refuse(
                    "Mirror's kill switch is set (" + core.home().kill() + ")");
        }
        record(session, cwd, Types.PROMPTED, text("prompt", prompt));
        intake.prompted(session, prompt);
        return untold.remove(session) ? tell(event, session) : HookReply.nothing();
    }

    private HookReply before(String session, Path cwd, HookCall.ToolUse use, boolean strict) {
        Path project = session.equals(Denials.DRILL)
                ? core.state().continuity().projects().of(cwd)
                : core.state().continuity().project(core.projector(), dialect.client(), session, cwd);
        Action action = new Action(
                dialect.client(),
                session,
                use.id(),
                use.tool(),
                use.input(),
                use.in(cwd),
                project,
                core.tools().effects(use.tool(), use.input(), use.in(cwd)));
        core.servers().observe(core.projector(), action);
        return answer(action, core.gate().decide(action), strict);
    }

    private HookReply answer(Action action, Decision decision, boolean strict) {
        return switch (decision.verdict()) {
            case ALLOW -> {
                remember(action);
                yield strict ? HookReply.nothing() : dialect.allow("Mirror: " + decision.reason());
            }
            case BLOCK -> dialect.deny("Mirror blocked this: " + decision.reason() + " [rule " + decision.rule() + "]");
            case ASK -> {
                String approval = String.valueOf(decision.approval());
                if (core.state().presence().isAway()) {
                    yield dialect.deny(
                            "Mirror: the owner is away; the request " + approval + " is queued (" + decision.reason()
                                    + "). Go on without it; when it is approved, the same call goes through.");
                }
                if (!waits()) {
                    yield dialect.deny(
                            "Mirror: this waits for the owner as request " + approval + " (" + decision.reason()
                                    + "). Try the same call again when it is approved; then it goes through.");
                }
                waiting.keySet().removeIf(this::isOver);
                waiting.put(approval, action);
                yield new HookReply.Wait(approval);
            }
        };
    }

    /** Whether the client waits for a hook: as measured, unless the last probe saw otherwise or could not tell. */
    private boolean waits() {
        return core.state().probed().last(dialect.client()).map(Probed::waits).orElse(true);
    }

    /** Keeps the digests of the files that an action is about to change, for the record of what it changed. */
    private void remember(Action action) {
        Map<Path, String> files = new HashMap<>();
        for (Path file : changes(action.effects())) {
            try {
                if (Files.isRegularFile(file) && Files.size(file) <= HASHED_BYTES) {
                    files.put(file, AtomicFiles.digest(Files.readAllBytes(file)));
                }
            } catch (IOException unreadable) {
                // Then the record has only what it is afterwards.
            }
        }
        if (!files.isEmpty()) {
            if (before.size() > REMEMBERED) {
                before.clear();
            }
            before.put(action.session() + "\n" + action.id(), files);
        }
    }

    private static Set<Path> changes(List<Effect> effects) {
        Set<Path> files = new LinkedHashSet<>();
        for (Effect effect : effects) {
            switch (effect) {
                case Effect.Write(Path path) -> files.add(path);
                case Effect.Delete(Path path, boolean _) -> files.add(path);
                default -> {}
            }
        }
        return files;
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

    /** Whether an action waits for the answer to this request. */
    boolean waitsFor(String approval) {
        return waiting.containsKey(approval);
    }

    /** One long poll of a shim whose action waits for the owner. */
    HookReply poll(String approval) throws InterruptedException {
        Action action = waiting.get(approval);
        if (action == null) {
            return new HookReply.Refuse("the approval " + approval + " is not waited for");
        }
        core.state().approvals().await(approval, POLL);
        Decision decision = core.gate().settle(action, approval);
        HookReply reply = answer(action, decision, false);
        if (!(reply instanceof HookReply.Wait)) {
            waiting.remove(approval);
        }
        return reply;
    }

    private HookReply after(String event, String session, Path cwd, HookCall.ToolUse use, JsonNode response)
            throws IOException {
        JsonNode input = use.input();
        String tool = use.tool();
        ObjectNode data = Json.object().put("tool", tool);
        String command = input.path("command").asString("");
        if (!command.isEmpty()) {
            data.put("command", Redactor.field(command));
            if (!dialect.tellsFailure()) {
                data.put("outcome", "unknown");
            }
        }
        String output = response.isString()
                ? response.asString()
                : response.path("stdout").asString("") + response.path("stderr").asString("");
        data.put("output", Redactor.redact(output.length() <= SNIPPET ? output : output.substring(0, SNIPPET)));
        data.put("output-sha256", AtomicFiles.digest(Json.MAPPER.writeValueAsBytes(response)));
        List<Effect> effects = core.tools().effects(tool, input, use.in(cwd));
        Map<Path, String> old = before.remove(session + "\n" + use.id());
        changed(data.putArray("changed"), effects, old == null ? Map.of() : old);
        recordAction(session, cwd, use, Types.ACTION_COMPLETED, data);
        boolean tainted = intake.took(session, use.in(cwd), tool, input, response);
        String said = (tainted ? Intake.WARNING + "\n" : "")
                + unproven(session, cwd, use, effects)
                + failedBefore(session, cwd, command);
        return said.isEmpty() ? HookReply.nothing() : dialect.context(event, said.strip());
    }

    /** What to tell the agent of figures it published that the command did not show before it ran; mostly nothing. */
    private String unproven(String session, Path cwd, HookCall.ToolUse use, List<Effect> effects) {
        Action action = new Action(
                dialect.client(),
                session,
                use.id(),
                use.tool(),
                use.input(),
                use.in(cwd),
                core.state().continuity().project(core.projector(), dialect.client(), session, cwd),
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
    private static void changed(ArrayNode changed, List<Effect> effects, Map<Path, String> before) throws IOException {
        for (Path file : changes(effects)) {
            if (changed.size() == CHANGED_FILES || Files.isDirectory(file)) {
                continue;
            }
            ObjectNode entry = changed.addObject().put("path", file.toString());
            String old = before.get(file);
            if (old != null) {
                entry.put("before", old);
            }
            if (Files.isRegularFile(file) && Files.size(file) <= HASHED_BYTES) {
                entry.put("sha256", AtomicFiles.digest(Files.readAllBytes(file)));
            }
        }
    }

    /** What to tell the agent of an approach that failed again and again, and that this command repeats; mostly nothing. */
    private String failedBefore(String session, Path cwd, String command) {
        String project = core.state()
                .continuity()
                .project(core.projector(), dialect.client(), session, cwd)
                .toString();
        return core.state()
                .continuity()
                .insights()
                .resembling(project, command)
                .map(insight -> "\nMirror, never again: " + insight.text() + " [" + insight.id() + "]")
                .orElse("");
    }

    private HookReply failed(String event, String session, Path cwd, HookCall.ToolUse use, JsonNode error) {
        ObjectNode data = Json.object().put("tool", use.tool()).put("error", Redactor.field(error.asString("")));
        String command = use.input().path("command").asString("");
        if (!command.isEmpty()) {
            data.put("command", Redactor.field(command));
        }
        recordAction(session, cwd, use, Types.ACTION_FAILED, data);
        intake.took(session, use.in(cwd), use.tool(), use.input(), error);
        String said = failedBefore(session, cwd, command);
        return said.isEmpty() ? HookReply.nothing() : dialect.context(event, said.strip());
    }

    private HookReply settingsChanged(String session, Path cwd, String source, String file) {
        List<String> faults = guard.faults(file);
        record(
                session,
                cwd,
                "mirror.settings.changed.v1",
                Json.object()
                        .put("source", source)
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
        record(session, cwd, session, type, data);
    }

    private void recordAction(String session, Path cwd, HookCall.ToolUse use, String type, ObjectNode data) {
        record(session, cwd, use.id(), type, data);
    }

    private void record(String session, Path cwd, String subject, String type, ObjectNode data) {
        core.state().continuity().project(core.projector(), dialect.client(), session, cwd);
        core.projector()
                .record(Draft.of(type, dialect.client(), data).subject(subject).session(session));
    }
}
