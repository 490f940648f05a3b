package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two Mirrors and a Redis between them: one speaks, the other hears. */
final class RedisBusIT {
    private static final String PASSWORD = "correct-horse-battery";

    @TempDir(factory = OutsideTemp.class)
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private int port;

    @SuppressWarnings("NullAway.Init")
    private Process redis;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome speaker;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome hearer;

    @BeforeEach
    void start() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        redis = redis();
        speaker = MirrorHome.boot(
                Workspace.in(Files.createDirectories(folder.resolve("a"))), "redis-url: " + url() + "\n");
        hearer = MirrorHome.boot(Workspace.in(Files.createDirectories(folder.resolve("b"))), "");
    }

    @AfterEach
    void stop() {
        speaker.close();
        hearer.close();
        redis.destroyForcibly().onExit().join();
    }

    private String url() {
        return "redis://:" + PASSWORD + "@127.0.0.1:" + port;
    }

    private Process redis() throws IOException {
        Path program = Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(bin -> Path.of(bin, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no redis-server (7 or later) on PATH; install it"));
        Path conf = folder.resolve("redis.conf");
        Workspace.write(conf, "bind 127.0.0.1\nport " + port + "\nrequirepass " + PASSWORD + "\nsave \"\"\n");
        Process started = new ProcessBuilder(program.toString(), conf.toString())
                .redirectErrorStream(true)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = out.readLine()) != null) {
            if (line.contains("Ready to accept connections")) {
                Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
                return started;
            }
        }
        throw new AssertionError("redis-server did not start");
    }

    @Test
    void aMirrorHearsAnothersBusByteForByteAlsoAfterRedisWasKilled() throws Exception {
        String key = Files.readString(speaker.segment().resolveSibling("key.pub"))
                .lines()
                .findFirst()
                .orElseThrow();
        Path address = folder.resolve("address");
        Workspace.write(address, url() + "\n");
        Files.setPosixFilePermissions(address, PosixFilePermissions.fromString("rw-r--r--"));

        var open = hearer.run("listen", "--key", key, "--redis-file", address.toString(), "--limit", "1");
        assertThat(open.exit()).isOne();
        assertThat(open.err()).contains("others may read it").doesNotContain(PASSWORD);
        Files.setPosixFilePermissions(address, PosixFilePermissions.fromString("rw-------"));

        assertThat(heard(key, address, "2")).isEqualTo(stored().subList(0, 2));
        assertThat(speaker.run("health").exit()).isZero();

        redis.destroyForcibly().onExit().join();
        assertThat(speaker.run("policy", "sign").exit()).isZero();
        List<String> more = stored();
        redis = redis();
        assertThat(heard(key, address, Integer.toString(more.size() - 2))).isEqualTo(more.subList(2, more.size()));

        var status = speaker.run("status", "--json");
        assertThat(status.json().path("subsystems").path("redis").path("state").asString())
                .isEqualTo("ok");
        assertThat(status.out()
                        + speaker.run("log", "--json").out()
                        + speaker.run("doctor").out())
                .doesNotContain(PASSWORD);
    }

    /** Goes on where the last call ended. */
    private List<String> heard(String key, Path address, String limit) {
        var listen = hearer.run(
                "listen",
                "--key",
                key,
                "--redis-file",
                address.toString(),
                "--cursor",
                folder.resolve("cursor").toString(),
                "--limit",
                limit,
                "--json");
        assertThat(listen.exit()).as(listen.err()).isZero();
        return listen.out().lines().toList();
    }

    private List<String> stored() throws IOException {
        return Files.readAllLines(speaker.segment());
    }

    @Test
    void whatCannotBeHeardIsSaidInOneSentence() {
        var wrongKey = hearer.run("listen", "--key", "nobody", "--redis", "redis://127.0.0.1:" + port);
        assertThat(wrongKey.exit()).isOne();
        assertThat(wrongKey.err()).contains("is not an Ed25519 verifier key");
        var noPassword = hearer.run("listen", "--redis", "redis://127.0.0.1:" + port);
        assertThat(noPassword.exit()).isOne();
        assertThat(noPassword.err()).contains("Redis wants a password");
        var shown = hearer.run("listen", "--redis", url());
        assertThat(shown.exit()).isEqualTo(2);
        assertThat(shown.err()).contains("--redis-file").doesNotContain(PASSWORD);
        var clear = hearer.run("listen", "--redis", "redis://redis.example");
        assertThat(clear.exit()).isOne();
        assertThat(clear.err()).contains("without TLS");
        var nothing = hearer.run("listen");
        assertThat(nothing.exit()).isEqualTo(2);
        assertThat(nothing.err()).contains("no Redis is known");
    }
}
