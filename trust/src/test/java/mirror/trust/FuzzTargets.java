package mirror.trust;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;

/**
 * What hostile bytes are put to, by {@link FuzzTest} a little on every run and by Jazzer for as long as one likes ({@code
 * scripts/fuzz.sh}). A target throws when something broke that must not: a crash, an endless loop (the caller's time limit), or an
 * ALLOW that came out of garbage.
 */
public final class FuzzTargets {
    private static final Path HOME = Path.of("/home/ada");
    private static final Path PROJECT = HOME.resolve("project");
    private static final Zones ZONES =
            new Zones(HOME, HOME.resolve(".mirror"), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));
    private static final Policy SHIPPED = shipped();
    private static final DeviceKey KEY = key();
    private static final Leases NONE = new Leases(() -> Instant.EPOCH, new Random(1));

    private FuzzTargets() {}

    private static Policy shipped() {
        try {
            return PolicyStore.shipped();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DeviceKey key() {
        try {
            return DeviceKey.create(Files.createTempDirectory("fuzz").resolve("k/device.key"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final PathResolver PATHS = new EmptyDisk(PROJECT);

    private static Action action(String command) {
        return new Action(
                "claude-code",
                "s",
                null,
                "Bash",
                Json.object().put("command", command),
                PROJECT,
                PROJECT,
                ShellEffects.of(command, new ShellContext(PROJECT, Map.of("HOME", HOME.toString()), PATHS)));
    }

    /** Any text is analysed, and what follows a command never makes it milder. */
    public static final class Shell {
        private Shell() {}

        /** Called by Jazzer. */
        public static void fuzzerTestOneInput(byte[] data) {
            String text = new String(data, StandardCharsets.UTF_8);
            Verdict alone = SHIPPED.judge(action(text), ZONES).verdict();
            // A newline ends whatever command can be ended; where it does not, the text was not understood and is no
            // ALLOW either.
            Verdict before = SHIPPED.judge(action("cat ~/.ssh/id_ed25519\n" + text), ZONES)
                    .verdict();
            if (before == Verdict.ALLOW) {
                throw new AssertionError("a text behind it hid the reading of a key");
            }
            if (alone == Verdict.ALLOW && text.indexOf('\0') >= 0) {
                throw new AssertionError("a text with a NUL, which no shell can be given, was allowed");
            }
        }
    }

    /** No text is a lease unless the device signed it. */
    public static final class Lease {
        private Lease() {}

        /** Called by Jazzer. */
        public static void fuzzerTestOneInput(byte[] data) {
            String text = new String(data, StandardCharsets.UTF_8);
            NoteKey device = KEY.key("lease");
            for (String token : List.of(text, LeaseToken.PREFIX + text)) {
                try {
                    NONE.present(token, device);
                } catch (TrustException e) {
                    continue;
                }
                throw new AssertionError("a lease was made of garbage");
            }
        }
    }

    /** Any file is a policy or is refused, and a policy answers. */
    public static final class Rules {
        private static final Action READ_KEY = action("cat ~/.ssh/id_ed25519");

        private Rules() {}

        /** Called by Jazzer. */
        public static void fuzzerTestOneInput(byte[] data) {
            Policy policy;
            try {
                policy = Policy.parse(data);
            } catch (TrustException e) {
                return;
            }
            String text = new String(data, StandardCharsets.UTF_8);
            if (policy.judge(READ_KEY, ZONES).verdict() == Verdict.ALLOW && !text.contains("allow")) {
                throw new AssertionError("a policy that allows nothing allowed something");
            }
        }
    }
}
