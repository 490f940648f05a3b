package mirror.surface.cli;

import java.time.Duration;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.continuity.Handoffs;
import mirror.continuity.Handoffs.Claim;
import mirror.continuity.Handoffs.Handoff;
import mirror.continuity.Types;
import mirror.surface.Core;
import tools.jackson.databind.node.ObjectNode;

/** Work that waits for the next agent. */
record HandoffCommand() implements Command {
    @Override
    public String name() {
        return "handoff";
    }

    @Override
    public String usage() {
        return "handoff [list|show ID|create TASK|claim ID|return ID] [--state TEXT] [--next TEXT] [--confirm] [--all] [--json]";
    }

    @Override
    public String summary() {
        return "work that one agent leaves for the next";
    }

    @Override
    public String help() {
        return """
                list            what waits or is held; with --all also what is done or withdrawn
                create TASK     leave work for the next agent of the project around the current folder
                                (--state: what is done; --next: the next step)
                claim ID        take it yourself; one older than a day needs --confirm
                return ID       take it from whoever holds it, so that it waits again
                Agents use the tools handoff_create, handoff_claim and handoff_return. A handoff comes back when its holder ends
                without a completion report or is not heard of for an hour. A session that ends at a rate limit leaves one by itself.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "state=", "next=", "confirm", "all", "json");
        List<String> rest = options.rest();
        Handoffs handoffs = core.state().continuity().handoffs();
        String what = (rest.isEmpty() ? "list" : rest.getFirst()) + " " + Math.max(1, rest.size());
        switch (what) {
            case "list 1" -> list(core, handoffs, options, out);
            case "show 2" -> show(handoffs, rest.get(1), options.has("json"), out);
            case "create 2" -> create(core, call, options, rest.get(1), out);
            case "claim 2" ->
                answer(
                        handoffs.claim(core.projector(), rest.get(1), "owner", "owner", options.has("confirm")),
                        "yours",
                        out);
            case "return 2" ->
                answer(
                        handoffs.giveBack(core.projector(), rest.get(1), "owner", null, "taken back by the owner"),
                        "it waits again",
                        out);
            default -> throw CliException.usage("usage: mirror " + usage());
        }
        return Exit.OK;
    }

    private static void answer(Claim claim, String done, Out out) {
        switch (claim) {
            case Claim.Refused(String why) -> throw CliException.no(why.replace("confirm=true", "--confirm"));
            case Claim.Claimed(Handoff handoff) -> out.line(done + ": " + Style.plain(handoff.task()));
        }
    }

    private static void create(Core core, Call call, Options options, String task, Out out) {
        if (task.isBlank()) {
            throw CliException.usage("the task is empty; say in a sentence what is to be done");
        }
        Event event = core.projector()
                .record(Draft.of(
                                Types.HANDOFF_CREATED,
                                "owner",
                                Json.object()
                                        .put(
                                                "project",
                                                core.state()
                                                        .continuity()
                                                        .projects()
                                                        .of(call.cwd())
                                                        .toString())
                                        .put("task", task.strip())
                                        .put("state", options.value("state").orElse(""))
                                        .put("next", options.value("next").orElse("")))
                        .session("owner"));
        out.line("handoff " + event.id() + " waits for the next agent");
    }

    private static void list(Core core, Handoffs handoffs, Options options, Out out) {
        List<Handoff> shown = handoffs.list().stream()
                .filter(handoff -> options.has("all")
                        || handoff.status() == Handoffs.Status.OPEN
                        || handoff.status() == Handoffs.Status.CLAIMED)
                .toList();
        if (options.has("json")) {
            var array = Json.array();
            shown.forEach(handoff -> array.add(json(handoff)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return;
        }
        if (shown.isEmpty()) {
            out.line("no work waits; an agent leaves some with handoff_create, you with 'mirror handoff create \"…\"'");
        }
        for (Handoff handoff : shown) {
            out.line("%-9s  %s  %6s  %-14s  %s%s%s"
                    .formatted(
                            handoffs.waits(handoff) ? "waits" : handoff.status().text(),
                            handoff.id(),
                            StatusCommand.age(Duration.between(
                                    handoff.created(), core.clock().instant())),
                            Style.clip(Style.plain(project(handoff)), 14),
                            Style.clip(Style.plain(handoff.task()), 80),
                            handoffs.stale(handoff) ? "  (older than a day)" : "",
                            handoff.holder() == null ? "" : "  (held by " + Style.plain(handoff.holder()) + ")"));
        }
    }

    private static String project(Handoff handoff) {
        return handoff.project().substring(handoff.project().lastIndexOf('/') + 1);
    }

    private static void show(Handoffs handoffs, String id, boolean json, Out out) {
        Handoff handoff = handoffs.get(id)
                .orElseThrow(() -> CliException.no(
                        "there is no handoff '" + Style.plain(id) + "'; 'mirror handoff list --all' shows them"));
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(json(handoff)));
            return;
        }
        out.line("task    " + Style.plain(handoff.task()));
        out.line("done    " + Style.plain(handoff.state()));
        out.line("next    " + Style.plain(handoff.next()));
        out.line("from    " + Style.plain(handoff.client()) + ", session " + Style.plain(handoff.session()) + ", "
                + handoff.created() + (handoff.automatic() ? ", left by itself at a limit" : ""));
        out.line("status  " + handoff.status().text()
                + (handoff.holder() == null ? "" : ", held by " + Style.plain(handoff.holder()))
                + (handoff.returned() == 0 ? "" : ", came back " + handoff.returned() + " times"));
        handoff.files()
                .forEach(file -> out.line("file    " + Style.plain(file.path()) + "  "
                        + (file.sha256() == null ? "gone" : file.sha256())));
    }

    private static ObjectNode json(Handoff handoff) {
        return Json.MAPPER
                .<ObjectNode>valueToTree(handoff)
                .put("status", handoff.status().text());
    }
}
