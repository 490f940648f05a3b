package mirror.surface.cli;

import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Taint;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sessions that hold text from outside. */
record TaintCommand() implements Command {
    @Override
    public String name() {
        return "taint";
    }

    @Override
    public String usage() {
        return "taint [list] [--json] | clear SESSION [--yes]";
    }

    @Override
    public String summary() {
        return "sessions that have read what others wrote; clear trusts one again";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json", "yes");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(core, options.has("json"), out);
            case "clear 2" -> clear(core, rest.getLast(), options.has("yes"), out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int list(Core core, boolean asJson, Out out) {
        List<String> sessions = core.state().taint().tainted().reversed();
        if (asJson) {
            ArrayNode array = Json.array();
            sessions.forEach(session -> array.addObject()
                    .put("session", session)
                    .set("taint", json(core.state().taint().state(session))));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (sessions.isEmpty()) {
            out.line("no session has read what others wrote");
        }
        for (String session : sessions) {
            Taint.State state = core.state().taint().state(session);
            out.line(Style.plain(session) + (state.suspect() ? "  suspect, guard score " + state.score() : ""));
            state.marks()
                    .forEach(mark -> out.line(
                            "  " + mark.kind() + "  " + Style.plain(mark.source()) + ": " + Style.plain(mark.why())));
        }
        return Exit.OK;
    }

    private static int clear(Core core, String start, boolean yes, Out out) {
        List<String> found = core.state().taint().tainted().stream()
                .filter(session -> session.startsWith(start))
                .toList();
        if (found.size() != 1) {
            throw CliException.no(
                    found.isEmpty()
                            ? "no tainted session is called '" + Style.plain(start) + "'; 'mirror taint' lists them"
                            : "'" + Style.plain(start) + "' fits " + found.size() + " sessions; give more of the id");
        }
        if (!yes) {
            out.line("What the session has read stays in its model's context.");
            out.confirm("Trust " + Style.plain(found.getFirst()) + " as if it had read nothing?");
            return Exit.OK;
        }
        core.projector().record(Taint.cleared(found.getFirst()));
        out.line("cleared; the next thing from outside taints it again");
        return Exit.OK;
    }

    /** For the end of a session's line. */
    static String word(Taint.State state) {
        return state.suspect() ? ", suspect" : state.tainted() ? ", tainted" : "";
    }

    static ObjectNode json(Taint.State state) {
        ObjectNode json = Json.object()
                .put("tainted", state.tainted())
                .put("suspect", state.suspect())
                .put("score", state.score());
        ArrayNode marks = json.putArray("marks");
        state.marks()
                .forEach(mark -> marks.addObject()
                        .put("kind", mark.kind())
                        .put("source", mark.source())
                        .put("why", mark.why())
                        .put("event", mark.event()));
        return json;
    }
}
