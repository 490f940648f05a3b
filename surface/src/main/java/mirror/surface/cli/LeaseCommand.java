package mirror.surface.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Lease;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What organisms may hear and do, and until when. */
record LeaseCommand() implements Command {
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,4})([mhd])");

    @Override
    public String name() {
        return "lease";
    }

    @Override
    public String usage() {
        return "lease grant --to organism:NAME --events TYPE[,TYPE] [--effects EFFECT[,EFFECT]] [--for 30d] [--yes]"
                + " | list [--all] [--json] | revoke ID";
    }

    @Override
    public String summary() {
        return "give, list and take back what organisms may hear and do";
    }

    @Override
    public String help() {
        return """
                --to      who gets it: organism:NAME
                --events  the starts of event types it may hear, such as session,memory.written; 'mirror' is all
                --effects what it may do: run:PROGRAM (as its file names it) and egress:HOST; '*' for any
                --for     until when: 30d unless told otherwise; m, h, d; a year at most
                --all     expired and revoked ones too

                A lease that is taken back stops the very next delivery; events wait until there is a new one.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "to=", "events=", "effects=", "for=", "all", "json", "yes");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        return switch (what + " " + rest.size()) {
            case "grant 1" -> grant(core, options, out);
            case "list 0", "list 1" -> list(core, options, out);
            case "revoke 2" -> {
                core.projector().record(core.leases().revoke(rest.getLast()));
                out.line("revoked; nothing more is delivered under it");
                yield Exit.OK;
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private int grant(Core core, Options options, Out out) {
        String holder = options.value("to").orElse("");
        var draft = core.leases()
                .grant(
                        holder,
                        words(options, "events"),
                        words(options, "effects"),
                        lifetime(options.value("for").orElse("30d")),
                        "owner");
        if (!options.has("yes")) {
            out.line(holder + " may until " + draft.data().path("expires").asString());
            out.line("  hear " + join(draft.data().path("events")));
            out.line("  do   " + join(draft.data().path("effects")));
            out.confirm("Grant this?");
            return Exit.OK;
        }
        Event event = core.projector().record(draft);
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(event.data()));
        } else {
            out.line("granted: " + event.text("lease"));
        }
        return Exit.OK;
    }

    private static String join(tools.jackson.databind.JsonNode array) {
        if (array.isEmpty()) {
            return "nothing beyond Mirror itself";
        }
        StringBuilder text = new StringBuilder();
        array.forEach(item -> text.append(text.isEmpty() ? "" : ", ").append(Style.plain(item.asString(""))));
        return text.toString();
    }

    private static List<String> words(Options options, String name) {
        return options.value(name)
                .map(text -> List.of(text.split(",")).stream()
                        .map(String::strip)
                        .filter(word -> !word.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    private static Duration lifetime(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw CliException.usage("--for takes a time such as 12h or 30d");
        }
        long n = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            default -> Duration.ofDays(n);
        };
    }

    private int list(Core core, Options options, Out out) {
        Instant now = core.clock().instant();
        List<Lease> leases = core.leases().list().stream()
                .filter(lease -> options.has("all") || lease.state(now).equals("valid"))
                .toList();
        if (options.has("json")) {
            ArrayNode array = Json.array();
            leases.forEach(lease -> array.add(json(lease, now)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (leases.isEmpty()) {
            out.line("no lease is valid now");
        }
        for (Lease lease : leases) {
            String left = lease.state(now).equals("valid")
                    ? StatusCommand.age(Duration.between(now, lease.expires())) + " left"
                    : lease.state(now);
            out.line(lease.id() + "  " + lease.holder() + "  " + left + ", by " + lease.by());
            out.line("  hears " + String.join(", ", lease.events())
                    + (lease.effects().isEmpty() ? "" : "; may " + Style.plain(String.join(", ", lease.effects()))));
        }
        return Exit.OK;
    }

    static ObjectNode json(Lease lease, Instant now) {
        ObjectNode json = Json.object()
                .put("id", lease.id())
                .put("holder", lease.holder())
                .put("state", lease.state(now))
                .put("granted", lease.granted().toString())
                .put("expires", lease.expires().toString())
                .put("by", lease.by());
        lease.events().forEach(json.putArray("events")::add);
        lease.effects().forEach(json.putArray("effects")::add);
        return json;
    }
}
