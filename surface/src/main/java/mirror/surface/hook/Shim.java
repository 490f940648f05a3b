package mirror.surface.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import mirror.bus.Home;

/**
 * The program between a client's hooks and the daemon, as it is written into the home.
 *
 * @param mode permissions, as {@code rwx------}
 */
record Shim(String text, String mode) {
    /** The shell script that every client runs that starts a command for a hook. */
    static Shim shell(String client, Home home) throws IOException {
        return new Shim(
                template("hook.sh")
                        .replace("@SOCKET@", home.socket().toString().replace("'", "'\\''"))
                        .replace("@CLIENT@", client),
                "rwx------");
    }

    static String template(String name) throws IOException {
        try (var in = Shim.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
