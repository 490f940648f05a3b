package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a service's file says, and what is wrong with it. */
final class ServiceReaderTest {
    private static final Path USER = Path.of("/home/me");

    private static Service parse(String name, String yaml) throws ServiceReader.Faulty {
        return ServiceReader.parse(name, yaml.getBytes(StandardCharsets.UTF_8), USER);
    }

    @Test
    void everyKeyIsRead() throws ServiceReader.Faulty {
        Service service = parse("web", """
                name: web
                run: [python3, -m, http.server, '8080']
                cwd: ~/site
                env: {MODE: fast}
                needs: [db]
                critical: false
                start: manual
                port: 8080
                ready: {http: 'http://127.0.0.1:8080/up?x=1', status: 204, every: 100ms, timeout: 2s, within: 30s}
                live: {heartbeat: 3s, every: 10s, misses: 3, busy: 1m}
                stop: {signal: INT, grace: 3s}
                limits: {memory: 500MB, files: 100}
                log: {size: 1MB, keep: 2}
                restart: {failures: 3, quarantine: 1m}
                """);
        assertThat(service.kind())
                .isEqualTo(new Service.Kind.Own(
                        List.of("python3", "-m", "http.server", "8080"), USER.resolve("site"), Map.of("MODE", "fast")));
        assertThat(service.needs()).containsExactly("db");
        assertThat(service.critical()).isFalse();
        assertThat(service.boot()).isFalse();
        assertThat(service.ready())
                .isEqualTo(new Service.Readiness(
                        new Probe.Http("127.0.0.1", 8080, "/up?x=1", 204),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(30)));
        assertThat(service.live())
                .isEqualTo(new Service.Liveness(
                        new Probe.Heartbeat(Duration.ofSeconds(3)),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(1),
                        3,
                        Duration.ofMinutes(1)));
        assertThat(service.stop()).isEqualTo(new Service.Stop("INT", Duration.ofSeconds(3)));
        assertThat(service.limits()).isEqualTo(new Service.Limits(500L << 20, 0, 0, 100, 0));
        assertThat(service.log()).isEqualTo(new Service.LogFiles(1 << 20, 2));
        assertThat(service.restart().failures()).isEqualTo(3);
        assertThat(service.restart().window()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void theLeastIsAProgramAndAPortIsItsOwnProbe() throws ServiceReader.Faulty {
        Service least = parse("web", "run: ['true']");
        assertThat(least.ready()).isNull();
        assertThat(least.live()).isNull();
        assertThat(least.critical()).isTrue();
        Service port = parse("web", "{run: ['true'], port: 80}");
        assertThat(port.live()).isNotNull();
        assertThat(port.ready()).isNotNull();
        assertThat(parse("a", "systemd: nginx.service").kind())
                .isEqualTo(new Service.Kind.Systemd("nginx.service", false));
        assertThat(parse("a", "systemd: {unit: x, user: true}").kind()).isEqualTo(new Service.Kind.Systemd("x", true));
        assertThat(parse("a", "docker: db-1").kind()).isEqualTo(new Service.Kind.Docker("db-1"));
    }

    @Test
    void allFaultsAreToldAtOnce() {
        assertThatThrownBy(() -> parse("web", """
                        name: Web
                        runs: [x]
                        needs: db
                        port: 70000
                        ready: {http: 'http://example.com/', every: soon}
                        live: {}
                        env: {MIRROR_RUN: x, N: 5}
                        limits: {memory: lots}
                        """))
                .isInstanceOf(ServiceReader.Faulty.class)
                .message()
                .contains("unknown key 'runs'")
                .contains("name must be lower case")
                .contains("one of run, systemd, launchd and docker")
                .contains("needs must be a list")
                .contains("port must be a whole number from 1 to 65535")
                .contains("ready.http must be an http address of this machine")
                .contains("ready.every must be a time")
                .contains("live. must have one of process")
                .contains("limits.memory must be a size");
    }

    @Test
    void eachOfTheseIsAFault() {
        for (String yaml : List.of(
                "",
                "[]",
                "run: []",
                "run: [1]",
                "run: ['']",
                "{run: ['true'], systemd: x}",
                "{systemd: x, cwd: /}",
                "{systemd: x, stop: {signal: INT}}",
                "systemd: '-x; rm'",
                "launchd: {label: x}",
                "{run: ['true'], live: {file: /x}}",
                "{run: ['true'], live: {port: 1, http: 'http://localhost/'}}",
                "{run: ['true'], live: {http: 'https://127.0.0.1/'}}",
                "{run: ['true'], env: {MIRROR_RUN: x}}",
                "{run: ['true'], env: {A: 5}}",
                "{run: ['true'], restart: {first: 2s, longest: 1s}}",
                "{run: ['true'], run: ['false']}",
                "{run: ['true'], name: other}")) {
            assertThatThrownBy(() -> parse("web", yaml)).as(yaml).isInstanceOf(ServiceReader.Faulty.class);
        }
    }

    @Test
    void whatDecidesWhatRunsIsInTheDigestAndNothingElse() throws ServiceReader.Faulty {
        String digest = parse("web", "run: [a, b]").digest();
        assertThat(parse("web", "{run: [a, b], live: {process: true}, needs: [db], critical: false}")
                        .digest())
                .isEqualTo(digest);
        for (String other : List.of(
                "run: [a, c]",
                "run: [ab]",
                "{run: [a, b], cwd: /}",
                "{run: [a, b], env: {X: '1'}}",
                "{run: [a, b], limits: {files: 10}}",
                "docker: a")) {
            assertThat(parse("web", other).digest()).as(other).isNotEqualTo(digest);
        }
    }

    @Test
    void needsAreOrderedAndCirclesUnknownOnesAndItselfAreRefusedWithAllThatNeedThem() {
        Map<String, Service> parsed = new LinkedHashMap<>();
        for (Service service : List.of(
                World.service("web", "db", "cache"),
                World.service("db"),
                World.service("cache", "db"),
                World.service("self", "self"),
                World.service("a", "b"),
                World.service("b", "c"),
                World.service("c", "a"),
                World.service("d", "a"),
                World.service("lost", "nobody"),
                World.service("e", "lost"))) {
            parsed.put(service.name(), service);
        }
        Map<String, String> refused = new TreeMap<>();
        assertThat(ServiceFolder.order(parsed, refused))
                .extracting(Service::name)
                .containsExactly("db", "cache", "web");
        assertThat(refused).containsOnlyKeys("a", "b", "c", "d", "e", "lost", "self");
        assertThat(refused.get("self")).contains("it needs itself");
        assertThat(refused.get("lost")).contains("there is no sound service nobody");
        assertThat(refused.get("a")).contains("circle");
    }
}
