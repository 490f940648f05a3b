package mirror.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisAddressTest {
    @TempDir
    private Path folder;

    @Test
    void theTextOfAnAddressHasNeitherUserNorPassword() {
        assertThat(RedisAddress.parse("rediss://ada:s3cr%40t@redis.example:6380/2", false, null))
                .hasToString("rediss://redis.example:6380/2");
        assertThat(RedisAddress.parse("redis://:s3cret@[::1]", false, null)).hasToString("redis://[::1]:6379");
        assertThat(RedisAddress.parse("redis://:s3cret@localhost/", false, null)
                        .login()
                        .toString())
                .doesNotContain("s3cret");
    }

    @Test
    void whatIsNoUrlIsRefusedWithoutRepeatingIt() {
        for (String url : List.of(
                "",
                "localhost:6379",
                "http://s3cret@localhost",
                "redis:/s3cret",
                "redis://:s3c ret@localhost",
                "redis://:s3cret@localhost:port",
                "redis://:s3cret@localhost/x",
                "redis://:s3cret@localhost/1/2",
                "redis://:s3cret@localhost?x=1",
                "redis://:s3cret%zz@localhost",
                "redis://s3cret@localhost")) {
            assertThatThrownBy(() -> RedisAddress.parse(url, false, null))
                    .as(url)
                    .isInstanceOf(TransportException.class)
                    .hasMessageContaining("the Redis URL ")
                    .hasMessageNotContaining("s3c")
                    .hasNoCause();
        }
    }

    @Test
    void aNetworkWithoutTlsIsRefusedUnlessItIsAllowed() {
        for (String url : List.of(
                "redis://:s3cret@redis.example",
                "redis://10.0.0.7",
                "redis://127.0.0.1.example",
                "redis://[fe80::1]")) {
            assertThatThrownBy(() -> RedisAddress.parse(url, false, null))
                    .as(url)
                    .hasMessageContaining("without TLS")
                    .hasMessageContaining("redis-insecure: true")
                    .hasMessageNotContaining("s3cret");
            assertThat(RedisAddress.parse(url, true, null)).asString().startsWith("redis://");
        }
        for (String url : List.of("redis://localhost", "redis://127.0.0.1:7000", "redis://[::1]:7000/1")) {
            assertThat(RedisAddress.parse(url, false, null)).asString().startsWith(url);
        }
    }

    @Test
    void tlsNeedsAServerThatProvesWhoItIs() throws Exception {
        certificate("good", "IP:127.0.0.1");
        certificate("other", "DNS:elsewhere.example");
        for (String name : List.of("good", "other")) {
            RedisServer redis = tls(name);
            try (redis;
                    Device device = new Device(folder.resolve("home-" + name), random())) {
                String url = "rediss://127.0.0.1:" + redis.port;
                Ear ear = new Ear();
                device.write(20);
                RedisTransport trusting = device.publish(RedisAddress.parse(url, false, folder.resolve(name + ".crt")));
                if (name.equals("good")) {
                    device.hear(RedisAddress.parse(url, false, folder.resolve("good.crt")), ear);
                    ear.awaitEvents(21);
                    RedisTransport doubting = device.publish(RedisAddress.parse(url, false, null));
                    Wait.until(() -> doubting.status().trouble().contains("certification path"));
                } else {
                    Wait.until(() -> trusting.status().trouble().contains("127.0.0.1"));
                    assertThat(trusting.status().connected()).isFalse();
                    assertThat(trusting.status().trouble()).contains("subject alternative names");
                }
            }
        }
        RedisAddress none = RedisAddress.parse("rediss://127.0.0.1", false, folder.resolve("good.key"));
        assertThatThrownBy(none::socket).isInstanceOf(RuntimeException.class);
    }

    private RedisServer tls(String name) throws IOException {
        int port = RedisServer.freePort();
        return new RedisServer(
                        folder.resolve("redis-" + name),
                        port,
                        "port 0",
                        "tls-port " + port,
                        "tls-auth-clients no",
                        "tls-cert-file " + folder.resolve(name + ".crt"),
                        "tls-key-file " + folder.resolve(name + ".key"),
                        "tls-ca-cert-file " + folder.resolve(name + ".crt"))
                .start();
    }

    private void certificate(String name, String subject) throws Exception {
        Process openssl = new ProcessBuilder(List.of(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=" + name,
                        "-addext",
                        "subjectAltName=" + subject,
                        "-keyout",
                        name + ".key",
                        "-out",
                        name + ".crt"))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(openssl.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(openssl.waitFor()).as(said).isZero();
        assertThat(Files.exists(folder.resolve(name + ".crt"))).isTrue();
    }

    private static java.util.random.RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    }

    @Test
    void waitsGrowAndEnd() {
        Backoff backoff = Backoff.standard(random());
        for (int failures = 1; failures < 100; failures++) {
            long most = Math.min(30_000, 100L << Math.min(failures - 1, 20));
            assertThat(backoff.after(failures).toMillis()).isBetween(most / 2, most);
        }
    }
}
