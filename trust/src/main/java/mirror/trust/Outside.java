package mirror.trust;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Says of a tool's result whether others than the owner and the project may have written it. Pure. */
public final class Outside {
    private static final int SOURCES = 8;

    /**
     * Where something came from.
     *
     * @param kind {@code outside} or {@code secret}
     * @param why one clause for the owner
     */
    public record Source(String kind, String name, String why) {}

    private Outside() {}

    /** What the result of a call may bring into the session; empty when it is all the project's own. */
    public static List<Source> sources(String tool, List<Effect> effects, Zones zones, Path project) {
        List<Source> sources = new ArrayList<>();
        if (tool.startsWith("mcp__") && !tool.startsWith("mcp__mirror__")) {
            sources.add(new Source("outside", tool, "the tool of another server"));
        }
        for (Effect effect : effects) {
            if (sources.size() >= SOURCES) {
                break;
            }
            switch (effect) {
                case Effect.Egress(String host) -> {
                    if (!Outflow.isLoopback(host)) {
                        sources.add(new Source("outside", host.equals("*") ? tool : host, "it came over the network"));
                    }
                }
                case Effect.Read(Path path) -> {
                    Set<String> zone = zones.of(path, project);
                    if (zone.contains("secret")) {
                        sources.add(new Source("secret", path.toString(), "a secret was read"));
                    } else if (zone.contains("elsewhere") || zone.equals(Set.of("home")) || foreign(path, project)) {
                        sources.add(new Source("outside", path.toString(), "the file lies outside the project"));
                    }
                }
                case Effect.Memory(String scope, boolean write) -> {
                    if (scope.equals(Effect.VAULT) && !write) {
                        sources.add(new Source("outside", scope, "a note may hold what others wrote"));
                    }
                }
                default -> {}
            }
        }
        return sources.stream().distinct().toList();
    }

    /** Where people and browsers put what they got from others. */
    private static boolean foreign(Path path, Path project) {
        for (Path name : path.startsWith(project) ? project.relativize(path) : path) {
            String text = name.toString();
            if (text.equalsIgnoreCase("downloads")) {
                return true;
            }
        }
        return false;
    }

    /** A name for what a call brought: the hosts or the file, or else the tool. */
    public static String name(String tool, List<Effect> effects) {
        for (Effect effect : effects) {
            if (effect instanceof Effect.Egress(String host) && !host.equals("*")) {
                return host;
            }
        }
        for (Effect effect : effects) {
            if (effect instanceof Effect.Read(Path path)) {
                return path.toString();
            }
        }
        return tool;
    }
}
