package mirror.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys come out of the keychain, and whatever keeps them in there is told in a sentence that holds no key. */
final class KeychainTest {
    private static final String PLACE = "keychain:anthropic/ada";
    private static final String SECRET = "sk-ant-keychain-4711";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** A keychain of libsecret whose program is this script. */
    private Keychain linux(String script, Duration patience) throws IOException {
        Path program = folder.resolve("secret-tool");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Map<String, String> environment =
                Map.of("PATH", folder + ":/usr/bin:/bin", "MIRROR_SECRET", "not to be passed on");
        return new Keychain("Linux", environment, new KeychainPrograms(environment, patience));
    }

    private ProviderKey said(String script) throws IOException {
        return linux(script, Duration.ofMinutes(1)).key(PLACE);
    }

    private static ProviderKey mac(int exit, String output, List<String> argv) {
        return new Keychain("Mac OS X", Map.of(), (arguments, _) -> {
                    argv.addAll(arguments);
                    return new Keychain.Programs.Ended(exit, output.getBytes(StandardCharsets.UTF_8), exit != 0);
                })
                .key(PLACE);
    }

    @Test
    void theKeyIsWhatTheProgramSaysAndTheProgramIsToldTheEntryAlone() throws IOException {
        ProviderKey key = said("echo \"$*\" >> '" + folder + "/asked'; env >> '" + folder + "/environment'; printf '"
                + SECRET + "\\n'");
        assertThat(key.fault()).isNull();
        assertThat(key.secret()).isEqualTo(SECRET);
        assertThat(key.toString()).isEqualTo(PLACE);
        assertThat(folder.resolve("asked")).hasContent("lookup service anthropic account ada");
        assertThat(folder.resolve("environment")).content().doesNotContain("MIRROR_SECRET");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exit 1 | no such entry; run: secret-tool store --label=Mirror service anthropic account ada",
                "echo locked >&2; exit 1 | locked or cannot be reached (exit code 1)",
                "echo sk-ant-keychain-4711; echo oh >&2; exit 7 | locked or cannot be reached (exit code 7)",
                "exit 0 | is not a key",
                "printf '\\n\\n' | is not a key",
                "printf 'sk-ant-keychain-4711\\nsecond line\\n' | is not a key",
                "printf 'sk ant keychain 4711' | is not a key",
                "printf '\\303\\244' | is not a key",
                "head -c 100000 /dev/zero | is not a key",
                "printf '%05000d' 7 | is not a key",
                "kill -9 $$ | locked or cannot be reached (exit code 137)",
            })
    void whateverElseTheProgramDoesIsAFaultThatTellsNoKey(String script, String why) throws IOException {
        ProviderKey key = said(script);
        assertThat(key.secret()).isNull();
        assertThat(key.fault()).contains(why).doesNotContain("4711");
    }

    @Test
    void aProgramThatHangsIsEndedAndToldOf() throws IOException {
        Path pid = folder.resolve("pid");
        ProviderKey key = linux("echo $$ > '" + pid + "'; exec sleep 600", Duration.ofMillis(700))
                .key(PLACE);
        assertThat(key.secret()).isNull();
        assertThat(key.fault()).contains("did not answer in time");
        if (Files.exists(pid)) {
            long started = Long.parseLong(Files.readString(pid).strip());
            ProcessHandle.of(started).ifPresent(handle -> handle.onExit().join());
        }
    }

    @Test
    void withoutTheProgramThatIsSaid() {
        Keychain nowhere = new Keychain("Linux", Map.of("PATH", folder + ":bin:."), (_, _) -> {
            throw new AssertionError("nothing may be started");
        });
        assertThat(nowhere.key(PLACE).fault())
                .contains("secret-tool is not on the PATH")
                .contains("libsecret-tools");
        Keychain broken = new Keychain("Mac OS X", Map.of(), (_, _) -> {
            throw new IOException("no such file");
        });
        assertThat(broken.key(PLACE).fault()).isEqualTo("/usr/bin/security cannot be started");
    }

    @Test
    void onMacOsTheSystemsOwnProgramIsAsked() {
        List<String> argv = new ArrayList<>();
        assertThat(mac(0, SECRET + "\n", argv).secret()).isEqualTo(SECRET);
        assertThat(argv)
                .containsExactly("/usr/bin/security", "find-generic-password", "-s", "anthropic", "-a", "ada", "-w");
        assertThat(mac(44, "", argv).fault()).contains("no such entry").contains("security add-generic-password");
        assertThat(mac(36, "", argv).fault()).contains("locked or cannot be reached (exit code 36)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keychain:-s/ada",
                "keychain:anthropic/-w",
                "keychain:anthropic",
                "keychain:/ada",
                "keychain:anthropic/",
                "keychain:a/b/c",
                "keychain:a b/c",
                "keychain:a/$(id)",
                "keychain:a/b\n",
                "keychain:sk-live-1234/'; echo"
            })
    void aNameThatIsNoneIsNoPlace(String place) {
        assertThat(Keychain.isPlace(place)).isFalse();
    }

    @Test
    void theKeychainIsAskedOnceForEachReadOfTheFile() throws IOException {
        AtomicLong nanos = new AtomicLong();
        AtomicLong asked = new AtomicLong();
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Files.createFile(
                bin.resolve("secret-tool"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Keychain keychain = new Keychain("Linux", Map.of("PATH", bin.toString()), (_, _) -> {
            asked.incrementAndGet();
            return new Keychain.Programs.Ended(0, (SECRET + asked).getBytes(StandardCharsets.US_ASCII), false);
        });
        Path yaml = folder.resolve("tiers.yaml");
        Files.writeString(yaml, """
                providers:
                  one: {dialect: anthropic, base-url: "https://a.example.com", key: "keychain:anthropic/ada", models: {m: {context: 9, price: {in: 1, out: 1}}}}
                  two: {dialect: openai, base-url: "https://b.example.com", key: "keychain:anthropic/ada", models: {m: {context: 9, price: {in: 1, out: 1}}}}
                """);
        TiersFile file = new TiersFile(yaml, Map.of(), System.getProperty("user.name"), nanos::get, keychain);
        for (int i = 0; i < 100; i++) {
            assertThat(key(file)).isEqualTo(SECRET + 1);
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        }
        assertThat(asked).hasValue(1);
        // As 'touch' does.
        Files.setLastModifiedTime(yaml, FileTime.from(Instant.EPOCH));
        assertThat(key(file)).isEqualTo(SECRET + 2);
        assertThat(asked).hasValue(2);
    }

    private static String key(TiersFile file) {
        Tiers tiers = Objects.requireNonNull(
                file.current().tiers(), String.valueOf(file.current().refusal()));
        return String.valueOf(
                Objects.requireNonNull(tiers.providers().get("two")).key().secret());
    }
}
