package mirror.surface.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Identity;
import mirror.trust.Identity.Field;
import mirror.trust.Identity.Protection;
import mirror.trust.Sensitivity;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Who the owner is. */
record IdentityCommand() implements Command {
    @Override
    public String name() {
        return "identity";
    }

    @Override
    public String usage() {
        return "identity [show|history] [--json] | set FIELD VALUE [--protection P] [--sensitivity S] [--yes]"
                + " | remove FIELD [--yes]";
    }

    @Override
    public String summary() {
        return "who you are, as every agent is told; who may change it; all versions";
    }

    @Override
    public String help() {
        return """
                set      FIELD is a name such as name, language, timezone or tone; VALUE is one line
                --protection   open       agents may change it when the policy or you say yes (default)
                               protected  every change needs your yes to exactly that change, also your own
                               fixed      nobody changes it any more, not even you
                --sensitivity  public, internal (default), private, secret or never-share; models in a cloud see at most private

                Every version holds the digest of the one before; 'mirror identity history' walks that chain and checks it.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json", "yes", "protection=", "sensitivity=");
        List<String> rest = options.rest();
        String what = (rest.isEmpty() ? "show" : rest.getFirst()) + " " + Math.max(1, rest.size());
        return switch (what) {
            case "show 1" -> show(core, call, out, options.has("json"));
            case "history 1" -> history(core, out, options.has("json"));
            case "set 3" -> set(core, out, rest.get(1), rest.get(2), options);
            case "remove 2" -> change(core, out, rest.get(1), null, options.has("yes"));
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int set(Core core, Out out, String name, String value, Options options) {
        Field old = core.state().identity().current().fields().get(name);
        Protection protection = options.value("protection")
                .map(text -> Protection.of(text)
                        .orElseThrow(() -> CliException.usage("--protection is open, protected or fixed")))
                .orElse(old == null ? Protection.OPEN : old.protection());
        Sensitivity sensitivity = options.sensitivity().orElse(old == null ? Sensitivity.INTERNAL : old.sensitivity());
        return change(core, out, name, new Field(value.strip(), protection, sensitivity), options.has("yes"));
    }

    private static int change(Core core, Out out, String name, @Nullable Field field, boolean yes) {
        Identity identity = core.state().identity();
        Field old = identity.current().fields().get(name);
        if (field == null && old == null) {
            throw CliException.no("there is no field '" + Style.plain(name) + "'; 'mirror identity' shows them");
        }
        Map<String, @Nullable Field> changes = new HashMap<>();
        changes.put(name, field);
        // A version names the one before it, so nobody else may make one in between.
        synchronized (core.projector()) {
            Draft draft = identity.change(changes, "owner");
            boolean guarded = old != null && old.protection() == Protection.PROTECTED;
            boolean forGood = field != null && field.protection() == Protection.FIXED;
            if ((guarded || forGood) && !yes) {
                out.line(name + "  " + (old == null ? "(new)" : text(old)) + "  ->  "
                        + (field == null ? "(removed)" : text(field)));
                out.confirm(forGood ? "Nobody can change this field again. Fix it?" : "Change this protected field?");
                return Exit.OK;
            }
            Event event = core.projector().record(draft);
            out.line("version " + draft.data().path("version").asLong() + ", event " + event.id());
        }
        return Exit.OK;
    }

    private static String text(Field field) {
        return Style.plain(field.value()) + " (" + field.protection().text() + ", "
                + field.sensitivity().text() + ")";
    }

    private static int show(Core core, Call call, Out out, boolean json) {
        Identity.Version now = core.state().identity().current();
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(json(now)));
            return Exit.OK;
        }
        if (now.fields().isEmpty()) {
            out.line("nothing is recorded of you; begin with 'mirror identity set name \"…\" --protection protected'");
            return Exit.OK;
        }
        Style style = new Style(call.color());
        now.fields()
                .forEach((name, field) -> out.line(style.bold("%-14s ".formatted(name))
                        + Style.plain(field.value())
                        + style.dim("  " + field.protection().text() + ", "
                                + field.sensitivity().text())));
        out.line("version " + now.number() + " of " + now.time() + ", sha256 "
                + now.digest().substring(0, 16));
        return Exit.OK;
    }

    /** Walks the chain in the log itself, from the first version on. */
    private static int history(Core core, Out out, boolean json) {
        Identity chain = new Identity();
        List<Event> events = new ArrayList<>();
        core.projector().log().replay(1, event -> {
            if (Identity.isVersion(event)) {
                events.add(event);
            }
            chain.accept(event);
        });
        ArrayNode array = Json.array();
        for (Event event : events) {
            Identity.Version version = Identity.of(event);
            array.add(json(version));
            if (!json) {
                List<String> names = new ArrayList<>();
                event.data().path("changed").forEach(name -> names.add(name.asString("")));
                out.line("%4d  %s  %-12s  %s  %s"
                        .formatted(
                                version.number(),
                                version.time(),
                                Style.plain(event.actor()),
                                version.digest()
                                        .substring(
                                                0, Math.min(16, version.digest().length())),
                                Style.plain(String.join(" ", names))));
            }
        }
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(array));
        }
        try {
            long last = chain.current().number();
            if (!json) {
                out.line(
                        last == 0
                                ? "no version yet"
                                : last + (last == 1 ? " version" : " versions, each names the one before"));
            }
            return Exit.OK;
        } catch (TrustException e) {
            throw CliException.no(Objects.requireNonNull(e.getMessage()));
        }
    }

    private static ObjectNode json(Identity.Version version) {
        ObjectNode node = Json.object()
                .put("version", version.number())
                .put("sha256", version.digest())
                .put("prev", version.prev())
                .put("event", version.event())
                .put("time", version.time().toString())
                .put("actor", version.actor());
        ObjectNode fields = node.putObject("fields");
        version.fields()
                .forEach((name, field) -> fields.putObject(name)
                        .put("value", field.value())
                        .put("protection", field.protection().text())
                        .put("sensitivity", field.sensitivity().text()));
        return node;
    }
}
