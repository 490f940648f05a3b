package mirror.surface.cli;

import java.util.List;
import java.util.Objects;
import mirror.bus.Json;
import mirror.bus.organism.DeadLetter;
import mirror.bus.organism.OrganismStatus;
import mirror.kernel.OrganismRegistry;
import mirror.surface.Core;
import mirror.trust.Lease;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What hears events and acts on them. */
record OrganismsCommand() implements Command {
    @Override
    public String name() {
        return "organisms";
    }

    @Override
    public String usage() {
        return "organisms list | show NAME | dead | requeue ID|NAME | pause NAME"
                + " | resume NAME [--from now|start|N] | reload   [--json]";
    }

    @Override
    public String summary() {
        return "what hears events and acts on them; dead letters";
    }

    @Override
    public String help() {
        return """
                list      all of them, how far they are and what keeps them
                show      one of them
                dead      events that could not be dealt with
                requeue   deliver one of these again, or all of one organism
                pause     hand nothing over until resume; events wait in the log
                resume    go on. For one that is paused or lost, --from says where: with what comes from now on,
                          with the start of the log, or with event number N
                reload    read the files in organisms/ again

                docs/organisms.md says how to write one.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json", "from=");
        OrganismRegistry organisms = Objects.requireNonNull(core.organisms());
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        String name = rest.size() == 2 ? rest.getLast() : "";
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(organisms, options, call, out);
            case "show 2" -> show(core, organisms, name, options, out);
            case "dead 1" -> letters(organisms.letters(), options, out);
            case "requeue 2" -> letters(organisms.requeue(name), options, out);
            case "pause 2" -> {
                organisms.pause(name);
                yield done(organisms, name, options, out);
            }
            case "resume 2" -> {
                resume(core, organisms, name, options);
                yield done(organisms, name, options, out);
            }
            case "reload 1" -> reload(organisms.reload(), options, out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static void resume(Core core, OrganismRegistry organisms, String name, Options options) {
        String from = options.value("from").orElse("");
        switch (from) {
            case "" -> organisms.resume(name);
            case "now" -> organisms.resume(name, core.projector().log().durable());
            case "start" -> organisms.resume(name, 0);
            default -> {
                if (!from.matches("[1-9][0-9]{0,17}")) {
                    throw CliException.usage("--from takes now, start, or the number of an event");
                }
                organisms.resume(name, Long.parseLong(from) - 1);
            }
        }
    }

    private static int list(OrganismRegistry organisms, Options options, Call call, Out out) {
        List<OrganismStatus> all = organisms.list();
        if (options.has("json")) {
            ObjectNode json = Json.object();
            ArrayNode array = json.putArray("organisms");
            all.forEach(status -> array.add(json(status, organisms)));
            organisms.faults().forEach(json.putArray("faults")::add);
            out.line(Json.MAPPER.writeValueAsString(json));
            return organisms.faults().isEmpty() ? Exit.OK : Exit.NO;
        }
        Style style = new Style(call.color());
        for (OrganismStatus status : all) {
            String mark = switch (status.state()) {
                case RUNNING -> style.good("\u25cf");
                case PAUSED -> style.dim("\u25cb");
                case WITHHELD -> style.wait("\u25cf");
                case LOST -> style.bad("\u25cf");
            };
            out.line(mark + " " + "%-20s".formatted(status.name()) + " "
                    + "%-9s".formatted(status.state().text()) + style.dim(" " + counts(status)));
            if (!status.reason().isEmpty()) {
                out.line("  " + Style.plain(status.reason()));
            }
        }
        organisms.faults().forEach(fault -> out.line(style.bad("\u25cf ") + Style.plain(fault)));
        return organisms.faults().isEmpty() ? Exit.OK : Exit.NO;
    }

    private static String counts(OrganismStatus status) {
        return "at event " + status.seen()
                + (status.behind() == 0 ? "" : ", " + status.behind() + " behind")
                + (status.open() == 0 ? "" : ", " + status.open() + " open")
                + (status.waiting() == 0 ? "" : ", " + status.waiting() + " to be tried again")
                + (status.letters() == 0 ? "" : ", " + status.letters() + " dead")
                + ", " + status.handled() + " handled";
    }

    private static int show(Core core, OrganismRegistry organisms, String name, Options options, Out out) {
        OrganismStatus status = organisms.get(name);
        List<Lease> leases = organisms.leases(name);
        if (options.has("json")) {
            ObjectNode json = json(status, organisms);
            ArrayNode array = json.putArray("leases");
            leases.forEach(
                    lease -> array.add(LeaseCommand.json(lease, core.clock().instant())));
            out.line(Json.MAPPER.writeValueAsString(json));
            return Exit.OK;
        }
        out.line(name + "  " + status.state().text() + (status.reason().isEmpty() ? "" : ": " + status.reason()));
        organisms.about(name).ifPresent(about -> {
            out.line("  does    " + Style.plain(about.does()));
            if (about.file() != null) {
                out.line("  file    " + Style.plain(about.file().toString()));
            }
        });
        out.line("  hears   " + String.join(", ", status.types()));
        leases.forEach(lease -> out.line("  lease   " + lease.id() + " until " + lease.expires()));
        out.line("  place   " + counts(status));
        out.line("  left    " + status.cut() + " that it caused itself, " + status.uncovered()
                + " that no lease of it covers");
        if (!status.trouble().isEmpty()) {
            out.line("  trouble " + Style.plain(status.trouble()));
        }
        return Exit.OK;
    }

    private static ObjectNode json(OrganismStatus status, OrganismRegistry organisms) {
        ObjectNode json = Json.object()
                .put("name", status.name())
                .put("state", status.state().text())
                .put("reason", status.reason())
                .put("seen", status.seen())
                .put("behind", status.behind())
                .put("open", status.open())
                .put("waiting", status.waiting())
                .put("handled", status.handled())
                .put("cut", status.cut())
                .put("uncovered", status.uncovered())
                .put("trouble", status.trouble())
                .put("letters", status.letters());
        status.types().forEach(json.putArray("types")::add);
        organisms.about(status.name()).ifPresent(about -> {
            json.put("does", about.does());
            json.put("file", about.file() == null ? null : about.file().toString());
        });
        return json;
    }

    private static int letters(List<DeadLetter> letters, Options options, Out out) {
        if (options.has("json")) {
            ArrayNode array = Json.array();
            for (DeadLetter letter : letters) {
                array.addObject()
                        .put("id", letter.id())
                        .put("organism", letter.organism())
                        .put("event", letter.event())
                        .put("type", letter.type())
                        .put("attempts", letter.attempts())
                        .put("reason", letter.reason())
                        .put("buried", letter.buried().toString())
                        .put("requeued", letter.requeued());
            }
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (letters.isEmpty()) {
            out.line("no dead letters");
        }
        for (DeadLetter letter : letters) {
            out.line(letter.id() + "  " + letter.type() + "  " + letter.attempts()
                    + (letter.attempts() == 1 ? " attempt" : " attempts") + (letter.requeued() ? ", requeued" : ""));
            out.line("  " + Style.plain(letter.reason()));
        }
        return Exit.OK;
    }

    private static int done(OrganismRegistry organisms, String name, Options options, Out out) {
        OrganismStatus status = organisms.get(name);
        out.line(
                options.has("json")
                        ? Json.MAPPER.writeValueAsString(json(status, organisms))
                        : name + " is " + status.state().text());
        return Exit.OK;
    }

    private static int reload(OrganismRegistry.Reload reload, Options options, Out out) {
        if (options.has("json")) {
            ObjectNode json = Json.object().put("built-in", reload.builtIn()).put("own", reload.own());
            reload.faults().forEach(json.putArray("faults")::add);
            out.line(Json.MAPPER.writeValueAsString(json));
        } else {
            out.line(reload.own() + " of your own, " + reload.builtIn() + " built in");
            reload.faults().forEach(fault -> out.line(Style.plain(fault)));
        }
        return reload.faults().isEmpty() ? Exit.OK : Exit.NO;
    }
}
