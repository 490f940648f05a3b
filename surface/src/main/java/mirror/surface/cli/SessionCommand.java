package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.continuity.Session;
import mirror.continuity.Types;
import mirror.surface.CompletionCheck;
import mirror.surface.Core;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sessions of all clients. */
record SessionCommand() implements Command {
    @Override
    public String name() {
        return "session";
    }

    @Override
    public String usage() {
        return "session list|show ID|complete ID FILE [--json]";
    }

    @Override
    public String summary() {
        return "sessions of all clients; show prints the crystal";
    }

    @Override
    public String help() {
        return """
                complete ID FILE  report a session as done; FILE is JSON with summary, files, deleted, commits, checks (command, result),
                                  decisions, open, errors. Everything is compared with disk, git and log; what does not hold is shown
                                  and nothing is recorded. Agents do the same with the tool session_complete.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json");
        List<String> rest = options.rest();
        if (rest.equals(List.of("list")) || rest.isEmpty()) {
            list(core, call, options.has("json"), out);
        } else if (rest.size() == 2 && rest.getFirst().equals("show")) {
            show(core, rest.get(1), options.has("json"), out);
        } else if (rest.size() == 3 && rest.getFirst().equals("complete")) {
            complete(core, one(core, rest.get(1)), call.path(rest.get(2)), out);
        } else {
            throw CliException.usage("usage: mirror " + usage());
        }
        return Exit.OK;
    }

    private static void complete(Core core, Session session, Path file, Out out) throws IOException {
        JsonNode report;
        try {
            report = Json.MAPPER.readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw CliException.no("there is no file " + file);
        } catch (JacksonException e) {
            throw CliException.no(file + " is not JSON: line " + e.getLocation().getLineNr());
        }
        CompletionCheck check = new CompletionCheck(core, session.id(), Path.of(session.project()));
        List<String> differences = check.differences(report);
        if (!differences.isEmpty()) {
            differences.forEach(difference -> out.line("does not hold: " + Style.plain(difference)));
            throw CliException.no("the report is refused; nothing was recorded");
        }
        Event event = core.projector()
                .record(Draft.of(Types.COMPLETED, "owner", check.data())
                        .subject(session.id())
                        .session(session.id()));
        out.line("recorded as " + event.id() + "; compared with disk, git and log");
    }

    private static void list(Core core, Call call, boolean json, Out out) {
        List<Session> sessions = core.state().continuity().sessions().list();
        if (json) {
            var array = Json.array();
            sessions.forEach(session -> array.add(json(core, session)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return;
        }
        if (sessions.isEmpty()) {
            out.line("no sessions yet; connect a client with 'mirror connect claude' and work as always");
            return;
        }
        Style style = new Style(call.color());
        for (Session session : sessions) {
            out.line("%-8s  ".formatted(Style.clip(Style.plain(session.id()), 8))
                    + (session.ended() == null ? style.good("open ") : style.dim("ended"))
                    + "  %-14s  ".formatted(Style.clip(Style.plain(session.projectName()), 14))
                    + "%3d actions %2d denied  ".formatted(session.actions(), session.denials())
                    + style.dim("%6s  "
                            .formatted(StatusCommand.age(Duration.between(
                                    session.lastAt(), core.clock().instant()))))
                    + Style.clip(Style.plain(session.intent()), Math.max(20, call.width() - 70))
                    + (session.unreported() ? style.bad("  unreported") : "")
                    + TaintCommand.word(core.state().taint().state(session.id())));
        }
    }

    private static Session one(Core core, String id) {
        List<Session> found = core.state().continuity().sessions().list().stream()
                .filter(session -> session.id().startsWith(id))
                .toList();
        if (found.size() != 1) {
            throw CliException.no(
                    found.isEmpty()
                            ? "there is no session '" + Style.plain(id) + "'; 'mirror session list' shows them"
                            : "'" + Style.plain(id) + "' fits " + found.size() + " sessions; give more of the id");
        }
        return found.getFirst();
    }

    private static void show(Core core, String id, boolean json, Out out) throws IOException {
        Session session = one(core, id);
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(json(core, session)));
            return;
        }
        String crystal = session.crystal();
        if (crystal == null || !Files.exists(Path.of(crystal))) {
            throw CliException.no("the session has no crystal yet; it is written when a turn ends");
        }
        out.print(Files.readString(Path.of(crystal)));
    }

    private static ObjectNode json(Core core, Session session) {
        ObjectNode json = Json.object()
                .put("id", session.id())
                .put("client", session.client())
                .put("project", session.project())
                .put("state", session.state())
                .put("opened", session.openedAt().toString())
                .put("last", session.lastAt().toString())
                .put("intent", session.intent())
                .put("answer", session.answer())
                .put("prompts", session.prompts())
                .put("actions", session.actions())
                .put("failures", session.failures())
                .put("denials", session.denials())
                .put("compactions", session.compactions())
                .put("event", session.opened());
        json.put("completed", session.completed()).put("unreported", session.unreported());
        if (session.crystal() != null) {
            json.put("crystal", session.crystal());
        }
        session.files().forEach(json.putArray("files")::add);
        json.set("taint", TaintCommand.json(core.state().taint().state(session.id())));
        return json;
    }
}
