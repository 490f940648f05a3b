package mirror.tiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real secret-tool and a real keyring on a bus of its own, where they are installed. */
final class KeychainRingTest {
    private static final List<String> PROGRAMS = List.of("dbus-daemon", "gnome-keyring-daemon", "secret-tool");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private @Nullable Process bus;

    @BeforeEach
    void open() throws Exception {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String program : PROGRAMS) {
            assumeTrue(
                    Stream.of(path.split(":", -1)).anyMatch(each -> Files.isExecutable(Path.of(each, program))),
                    program + " is not installed (Debian: dbus-daemon, gnome-keyring, libsecret-tools)");
        }
        environment.put("PATH", path);
        environment.put("HOME", folder.toString());
        environment.put(
                "XDG_RUNTIME_DIR",
                Files.createDirectory(
                                folder.resolve("run"),
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                        .toString());
        Process started = start("dbus-daemon", "--session", "--nofork", "--print-address");
        bus = started;
        BufferedReader address = started.inputReader(StandardCharsets.UTF_8);
        environment.put("DBUS_SESSION_BUS_ADDRESS", Objects.requireNonNull(address.readLine()));
        run("a password", "gnome-keyring-daemon", "--unlock", "--components=secrets");
    }

    @AfterEach
    void close() throws InterruptedException {
        if (bus != null) {
            // The keyring ends with its bus.
            bus.destroy();
            bus.waitFor();
        }
    }

    private Process start(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(folder.resolve("errors").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    private void run(String input, String... command) throws IOException, InterruptedException {
        Process process = start(command);
        try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(input);
        }
        assertThat(process.waitFor())
                .as(command[0] + Files.readString(folder.resolve("errors")))
                .isZero();
    }

    private ProviderKey key(String place) {
        return new Keychain("Linux", environment, new KeychainPrograms(environment, Duration.ofMinutes(1))).key(place);
    }

    @Test
    void aKeyThatSecretToolStoredIsFoundAndWhatIsMissingIsSaidToBe() throws Exception {
        run("sk-of-the-ring", "secret-tool", "store", "--label=Mirror", "service", "anthropic", "account", "ada");
        assertThat(key("keychain:anthropic/ada").secret()).isEqualTo("sk-of-the-ring");
        assertThat(key("keychain:anthropic/bob").fault()).contains("no such entry");
        environment.put("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + folder.resolve("nowhere"));
        assertThat(key("keychain:anthropic/ada").fault()).contains("locked or cannot be reached");
    }
}
