package mirror.trust;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * In a session that has read what others wrote, the deeds that an attacker would ask for need the owner: carrying data out, publishing,
 * deleting trees, other rights, foreign code and tools, files that start programs or that assistants obey, steps of the build that
 * go to the network, memory. In one where the guard is nearly sure of an
 * attack they are blocked. Editing the project, building, testing, committing and reading further pages go on.
 *
 * @param zones what paths mean
 */
public record TaintCheck(Taint taint, Zones zones) implements Check {
    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        Taint.State state = taint.state(action.session());
        if (!state.tainted()) {
            return Optional.empty();
        }
        return objection(action, state)
                .map(why -> new Policy.Match(
                        state.suspect() ? Verdict.BLOCK : Verdict.ASK,
                        state.suspect() ? "taint-attack" : "taint",
                        why + ", and this session has taken in text from "
                                + state.telling()
                                        .map(mark ->
                                                mark.source() + " (" + mark.why() + ", event " + mark.event() + ")")
                                        .orElse("outside")));
    }

    @Override
    public void explain(Action action, ObjectNode record) {
        Taint.State state = taint.state(action.session());
        if (state.tainted() || state.secret()) {
            ObjectNode field = record.putObject("taint")
                    .put("outside", state.tainted())
                    .put("secret", state.secret())
                    .put("score", state.score());
            state.marks().stream().map(Taint.Mark::event).forEach(field.putArray("events")::add);
        }
    }

    private Optional<String> objection(Action action, Taint.State state) {
        boolean egress = false;
        boolean secret = state.secret();
        for (Effect effect : action.effects()) {
            Path path = Effects.path(effect);
            Set<String> zone = path == null ? Set.of() : zones.of(path, action.project());
            if (deed(effect, zone, state)) {
                return Optional.of("this " + Effects.describe(effect));
            }
            egress |= effect instanceof Effect.Egress(String host) && !Outflow.isLoopback(host);
            secret |= effect instanceof Effect.Read && zone.contains("secret");
        }
        if (egress && secret) {
            return Optional.of("this uses the network after a secret was read");
        }
        return Outflow.of(action, state.hosts())
                .map(why -> "this may carry data out: " + why)
                .or(() -> Outflow.undeclared(action))
                .or(() -> TaintLater.of(action))
                .or(() -> state.score() > 0 && stranger(action, state)
                        ? Optional.of("this talks to a host that is new to the session")
                        : Optional.empty());
    }

    private static boolean stranger(Action action, Taint.State state) {
        return action.effects().stream()
                .anyMatch(effect -> effect instanceof Effect.Egress(String host)
                        && !Outflow.isLoopback(host)
                        && !state.hosts().contains(host));
    }

    private static boolean deed(Effect effect, Set<String> zone, Taint.State state) {
        return switch (effect) {
            case Effect.Publish _, Effect.Elevate _, Effect.RemoteCode _, Effect.Machine _ -> true;
            case Effect.Delete(Path _, boolean recursive) ->
                (recursive && !zone.contains("temp")) || !(zone.contains("project") || zone.contains("temp"));
            case Effect.Write _ ->
                zone.contains("startup")
                        || zone.contains("settings")
                        || zone.contains("secret")
                        || !(zone.contains("project") || zone.contains("temp"));
            case Effect.Read _ -> zone.contains("secret");
            case Effect.Memory(String _, boolean write) -> write;
            case Effect.Tool(String name) -> name.startsWith("mcp__") || name.startsWith("Cron");
            case Effect.Opaque _ -> state.suspect();
            case Effect.Run _, Effect.Egress _ -> false;
        };
    }
}
