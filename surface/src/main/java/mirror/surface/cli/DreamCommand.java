package mirror.surface.cli;

import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.continuity.Insights;
import mirror.continuity.Insights.Insight;
import mirror.surface.Core;
import mirror.surface.Dreaming;

/** Consolidation of what all sessions left. */
record DreamCommand() implements Command {
    @Override
    public String name() {
        return "dream";
    }

    @Override
    public String usage() {
        return "dream [list|apply ID|dismiss ID] [--dry-run] [--json]";
    }

    @Override
    public String summary() {
        return "find what repeats, contradicts itself or was forgotten, each with its events";
    }

    @Override
    public String help() {
        return """
                Without a word: looks through all sessions and records what is new. The same events give the same findings.
                  never-again    a command that failed three times and never worked after; once applied, every session is told
                  claim          a fact that three sessions came to
                  stale          an open end that nobody touched for two weeks
                  contradiction  two entries that cannot both hold
                A finding changes nothing until you apply it, unless your policy allows 'write insight/<kind>'.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "dry-run", "json");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "" : rest.getFirst() + " " + rest.size();
        Insights insights = core.state().continuity().insights();
        switch (what) {
            case "" -> dream(core, options, out);
            case "list 1" -> print(insights.list(""), options.has("json"), out);
            case "apply 2", "dismiss 2" -> {
                try {
                    core.projector().record(insights.answer(rest.get(1), what.equals("apply 2"), "owner"));
                } catch (IllegalArgumentException e) {
                    throw CliException.no(String.valueOf(e.getMessage()));
                }
                out.line(rest.get(1) + (what.equals("apply 2") ? " applies from now on" : " is dismissed"));
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        }
        return Exit.OK;
    }

    private static void dream(Core core, Options options, Out out) {
        if (options.has("dry-run")) {
            List<Draft> drafts = Dreaming.find(core);
            drafts.forEach(draft -> out.line(draft.data().path("kind").asString("") + ": "
                    + Style.plain(draft.data().path("text").asString(""))));
            out.line(drafts.size() + " new; nothing was recorded");
            return;
        }
        List<Event> found = Dreaming.dream(core);
        List<Insight> fresh = core.state().continuity().insights().list("").stream()
                .filter(insight -> found.stream().anyMatch(event -> event.id().equals(insight.id())))
                .toList();
        print(fresh, options.has("json"), out);
    }

    private static void print(List<Insight> insights, boolean json, Out out) {
        if (json) {
            var array = Json.array();
            insights.forEach(insight -> array.addObject()
                    .put("id", insight.id())
                    .put("kind", insight.kind())
                    .put("project", insight.project())
                    .put("text", insight.text())
                    .put("status", insight.status().text())
                    .set("events", Json.array(insight.events())));
            out.line(Json.MAPPER.writeValueAsString(array));
            return;
        }
        if (insights.isEmpty()) {
            out.line("nothing new");
        }
        for (Insight insight : insights) {
            out.line("%-13s %-9s %s  %s"
                    .formatted(insight.kind(), insight.status().text(), insight.id(), Style.plain(insight.text())));
            out.line("              from " + String.join(", ", insight.events()));
        }
    }
}
