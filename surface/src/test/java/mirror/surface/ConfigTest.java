package mirror.surface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Set;
import mirror.bus.Home;
import mirror.trust.Risk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private Config read(String mode, String text) throws IOException {
        Home home = new Home(folder);
        Files.writeString(home.config(), text);
        Files.setPosixFilePermissions(home.config(), PosixFilePermissions.fromString(mode));
        return Config.read(home, folder);
    }

    @Test
    void theTemplateIsTheDefaults() throws IOException {
        assertThat(read("rw-------", Config.TEMPLATE))
                .isEqualTo(new Config(
                        folder.resolve("vault"),
                        true,
                        7717,
                        Duration.ofMinutes(10),
                        Set.of(),
                        2000,
                        new mirror.trust.claims.Publishable(),
                        null,
                        null,
                        new Config.Signal(7718, null),
                        ZoneId.systemDefault(),
                        LocalTime.of(7, 0)));
    }

    @Test
    void twoDevicesAreForRisksThatThereAre() throws IOException {
        assertThat(read("rw-------", "two-devices: [destructive, external-irreversible]\n")
                        .twoDevices())
                .containsExactlyInAnyOrder(Risk.DESTRUCTIVE, Risk.EXTERNAL_IRREVERSIBLE);
        for (String bad : new String[] {"destructive", "[worst]", "{a: 1}", "[[]]", "7"}) {
            assertThatThrownBy(() -> read("rw-------", "two-devices: " + bad + "\n"))
                    .as(bad)
                    .hasMessageContaining("two-devices must be a list of risks such as [destructive]")
                    .hasMessageContaining("local-reversible, local-visible");
        }
    }

    @Test
    void aPhonesAddressIsAnHttpsAddressWithoutAPath() throws IOException {
        assertThat(read("rw-------", "phone-url: https://a.ts.net:8443\n").phoneUrl())
                .hasToString("https://a.ts.net:8443");
        for (String bad : new String[] {
            "http://a.ts.net",
            "https://a.ts.net/x",
            "https://u@a.ts.net",
            "https://a.ts.net?q",
            "a.ts.net",
            "https:",
            "7"
        }) {
            assertThatThrownBy(() -> read("rw-------", "phone-url: '" + bad + "'\n"))
                    .as(bad)
                    .isInstanceOf(Config.Faulty.class)
                    .hasMessageContaining("phone-url");
        }
    }

    @Test
    void theRedisIsReadAndItsPasswordIsNotShown() throws IOException {
        Config config = read("rw-------", "redis-url: rediss://ada:s3cret@redis.example\n");
        assertThat(config.redis()).hasToString("rediss://redis.example:6379");
        assertThat(config.toString()).doesNotContain("s3cret");
    }

    @Test
    void aPasswordThatOthersMayReadIsAFaultAndOneWithoutPasswordIsNot() throws IOException {
        assertThatThrownBy(() -> read("rw-r--r--", "redis-url: redis://:s3cret@localhost\n"))
                .isInstanceOf(Config.Faulty.class)
                .hasMessageContaining("chmod 600")
                .hasMessageNotContaining("s3cret");
        assertThat(read("rw-r--r--", "redis-url: redis://localhost\n").redis()).isNotNull();
    }

    @Test
    void allFaultsAreSaidAtOnceAndNoneShowsThePassword() {
        assertThatThrownBy(
                        () -> read(
                                "rw-------",
                                "redis-url: redis://:s3cret@redis.example\nredis-ca: ca.pem\nredis-insecure: perhaps\nredis: 1\n"))
                .isInstanceOf(Config.Faulty.class)
                .hasMessageContaining("without TLS")
                .hasMessageContaining("redis-ca must be an absolute path")
                .hasMessageContaining("redis-insecure must be true or false")
                .hasMessageContaining("unknown key 'redis'")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void aNetworkWithoutTlsCanBeAllowed() throws IOException {
        assertThat(read("rw-------", "redis-url: redis://redis.example\nredis-insecure: true\n")
                        .redis())
                .hasToString("redis://redis.example:6379");
    }
}
