package mirror.surface.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Heartbeat;
import mirror.surface.Core;
import mirror.surface.cli.Planes.Item;
import mirror.surface.cli.Planes.Kind;
import mirror.surface.cli.Planes.Plane;
import mirror.surface.cli.Planes.State;
import mirror.surface.drift.Capsules;
import mirror.surface.hook.Connections;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The five planes: what Mirror knows of, and how it is. */
record KernelCommand(Connections clients, @Nullable Heartbeat pulse) implements Command {
    private static final int SHOWN = 5;
    private static final int WIDE = 100;

    @Override
    public String name() {
        return "kernel";
    }

    @Override
    public String usage() {
        return "kernel [PLANE] [--json]";
    }

    @Override
    public String summary() {
        return "the five planes: discovery, memory, trace, eval and trust; what is registered, well, stale or missing";
    }

    @Override
    public String help() {
        return """
                Of each kind of thing: how many there are, and how many of them are well. What is stale, missing or unknown is named; unknown is
                not well. What the pulse looks at is told as it found it. With a plane, all of its things are named.

                Exit 1 when something is missing.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        List<Checkup> board = pulse == null ? List.of() : pulse.board();
        List<Plane> planes = new Planes(
                        core, clients, new Capsules(core, call.user(), null, System::nanoTime, Runnable::run), board)
                .all();
        boolean one = !options.rest().isEmpty();
        if (one) {
            String wanted = options.one(this);
            planes =
                    planes.stream().filter(plane -> plane.name().equals(wanted)).toList();
            if (planes.isEmpty()) {
                throw CliException.usage("the planes are discovery, memory, trace, eval and trust");
            }
        }
        if (options.has("json")) {
            json(planes, out);
        } else {
            Style style = new Style(call.color());
            planes.forEach(plane -> tell(plane, one, core.clock().instant(), style, out));
        }
        boolean missing = planes.stream()
                .flatMap(plane -> plane.kinds().stream())
                .anyMatch(kind -> kind.count(State.MISSING) > 0);
        return missing ? Exit.NO : Exit.OK;
    }

    private static void tell(Plane plane, boolean all, Instant now, Style style, Out out) {
        out.line(style.bold(plane.name()));
        for (Kind kind : plane.kinds()) {
            out.line("  %-22s %s".formatted(kind.name(), counts(kind, style)));
            List<Item> named = kind.items().stream()
                    .filter(item -> all || item.state() != State.WELL)
                    .toList();
            named.stream()
                    .limit(all ? named.size() : SHOWN)
                    .forEach(item -> out.line("    " + mark(item.state(), style)
                            + " " + Style.plain(item.name()) + "  "
                            + style.dim(Style.clip(Style.plain(item.why()), WIDE)
                                    + (item.since() == null || item.state() == State.WELL
                                            ? ""
                                            : ", for " + StatusCommand.age(Duration.between(item.since(), now))))));
            if (!all && named.size() > SHOWN) {
                out.line(style.dim("    and " + (named.size() - SHOWN) + " more: mirror kernel " + plane.name()));
            }
        }
    }

    private static String counts(Kind kind, Style style) {
        if (kind.items().isEmpty()) {
            return style.dim("none");
        }
        List<String> counts = new ArrayList<>();
        counts.add(kind.items().size() + " registered");
        for (State state : State.values()) {
            if (kind.count(state) > 0) {
                counts.add(kind.count(state) + " " + word(state));
            }
        }
        return String.join(", ", counts);
    }

    private static String word(State state) {
        return switch (state) {
            case WELL -> "well";
            case STALE -> "stale";
            case MISSING -> "missing";
            case UNKNOWN -> "unknown";
        };
    }

    private static String mark(State state, Style style) {
        return switch (state) {
            case WELL -> style.good("\u25cf");
            case STALE -> style.wait("\u25cf");
            case MISSING -> style.bad("\u25cf");
            case UNKNOWN -> style.dim("?");
        };
    }

    private static void json(List<Plane> planes, Out out) {
        ObjectNode json = Json.object();
        for (Plane plane : planes) {
            ObjectNode kinds = json.putObject(plane.name());
            for (Kind kind : plane.kinds()) {
                ObjectNode one = kinds.putObject(kind.name())
                        .put("registered", kind.items().size());
                for (State state : State.values()) {
                    one.put(word(state), kind.count(state));
                }
                var items = one.putArray("items");
                for (Item item : kind.items()) {
                    ObjectNode told = items.addObject()
                            .put("name", item.name())
                            .put("state", word(item.state()))
                            .put("why", item.why());
                    if (item.since() != null) {
                        told.put("since", item.since().toString());
                    }
                }
            }
        }
        out.json(json);
    }
}
