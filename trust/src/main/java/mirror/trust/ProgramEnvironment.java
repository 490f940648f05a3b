package mirror.trust;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What programs that Mirror starts get to know of the daemon's environment, which may hold keys. Stateless. */
public final class ProgramEnvironment {
    /** What a program needs to find itself, the person, the screen and containers. */
    private static final Set<String> PASSED = Set.of(
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "LANG",
            "LC_ALL",
            "TZ",
            "TMPDIR",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "XDG_RUNTIME_DIR",
            "DBUS_SESSION_BUS_ADDRESS",
            "DOCKER_HOST",
            "DOCKER_CONFIG");

    private ProgramEnvironment() {}

    /** @param environment the daemon's */
    public static Map<String, String> of(Map<String, String> environment) {
        return environment.entrySet().stream()
                .filter(entry -> PASSED.contains(entry.getKey()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
