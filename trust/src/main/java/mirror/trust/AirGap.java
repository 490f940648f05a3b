package mirror.trust;

import java.util.Optional;
import mirror.bus.Home;

/**
 * While the file {@code air-gap} is in Mirror's home, nothing an agent does leaves the machine: no network but loopback, nothing
 * published, no tool whose effects are its own. Judged by what an action's effects say; it is no firewall for programs that already run.
 */
public record AirGap(Switch cut) implements Check {
    public AirGap(Home home) {
        this(new Switch(home.airGap()));
    }

    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        if (!isOn()) {
            return Optional.empty();
        }
        return action.effects().stream()
                .filter(AirGap::leaves)
                .findFirst()
                .map(effect -> new Policy.Match(
                        Verdict.BLOCK,
                        "air-gap",
                        "the owner has cut the network; " + cut.file() + " exists (" + Effects.describe(effect) + ")"));
    }

    public boolean isOn() {
        return cut.isOn();
    }

    private static boolean leaves(Effect effect) {
        return switch (effect) {
            case Effect.Egress(String host) -> !Outflow.isLoopback(host);
            case Effect.Publish _, Effect.RemoteCode _ -> true;
            case Effect.Tool(String name) -> name.startsWith("mcp__");
            default -> false;
        };
    }
}
