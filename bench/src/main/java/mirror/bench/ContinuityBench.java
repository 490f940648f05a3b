package mirror.bench;

import static mirror.bench.Main.percentile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.continuity.Continuity;
import mirror.continuity.Projects;
import mirror.continuity.Types;
import mirror.trust.DeviceKey;
import tools.jackson.databind.node.ObjectNode;

/**
 * A long history with known facts: 500 sessions of several clients in five projects, from a seed. What a new session ought to know is
 * kept beside the log by the scenario itself, so that the context is held against the truth and not against what Mirror believes.
 */
final class ContinuityBench {
    private static final long SEED = 20260501;
    private static final int SESSIONS = 500;
    private static final int PROJECTS = 5;
    private static final int CONTEXTS = 200;
    private static final List<String> CLIENTS = List.of("claude-code", "codex", "gemini", "opencode");
    private static final List<String> PARTS = List.of(
            "index",
            "parser",
            "gateway",
            "importer",
            "scheduler",
            "console",
            "exporter",
            "cache",
            "login",
            "billing",
            "search",
            "backup",
            "mailer",
            "report",
            "uploader",
            "printer",
            "planner",
            "monitor",
            "archive",
            "editor");
    private static final List<String> TRAITS = List.of(
            "port", "timeout in seconds", "retry limit", "owner", "batch size", "log level", "queue depth", "region");

    /** What a project ought to know now, by subject; and every text that was true once and is not any more. */
    private static final class Truth {
        final Map<String, String> ids = new LinkedHashMap<>();
        final Map<String, String> current = new LinkedHashMap<>();
        final List<String> superseded = new ArrayList<>();
    }

    private final Path folder;
    private final int events;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Map<String, Truth> truths = new LinkedHashMap<>();
    private final List<Draft> waiting = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-01T08:00:00Z");

    private ContinuityBench(Path folder, int events) {
        this.folder = folder;
        this.events = events;
    }

    /** Mirror's continuity on a home. */
    private final class Opened implements AutoCloseable {
        final Continuity continuity;
        final Projector projector;

        Opened(Path root, DeviceKey key) {
            Home home = new Home(root);
            continuity = new Continuity(
                    home.continuity(),
                    folder.resolve("vault"),
                    new Projects(folder.resolve("person")),
                    () -> now,
                    new FileStore(home, new DiskCalls(), () -> now, _ -> {}));
            EventLog log = EventLog.open(home, "bench-" + key.shortId(), new DiskStorage(), () -> now, key);
            projector = new Projector(log, continuity.projections());
            projector.catchUp();
        }

        String context(String project, String self, int tokens) {
            return continuity.bootContext().render(project, self, tokens, projector.log());
        }

        @Override
        public void close() {
            projector.log().close();
        }
    }

    /** @param events how long the log is in the end */
    static List<Row> run(Path folder, int events) throws IOException {
        return new ContinuityBench(folder, events).run();
    }

    private List<Row> run() throws IOException {
        DeviceKey key = DeviceKey.create(new Home(folder.resolve("m")).keys().resolve("device.key"));
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < PROJECTS; i++) {
            truths.put("/home/ada/work/project" + i, new Truth());
        }
        Map<String, String> before = new LinkedHashMap<>();
        try (Opened mirror = new Opened(folder.resolve("m"), key)) {
            for (int i = 0; i < SESSIONS; i++) {
                session(mirror.projector, i);
            }
            flush(mirror.projector);
            for (int tokens : List.of(2_000, 8_000, 32_000)) {
                rows.add(coherence(mirror, tokens, tokens >= 8_000));
            }
            rows.add(new Row(
                    "superseded facts told, 500 sessions, 32,000 tokens",
                    told(mirror),
                    "",
                    null,
                    null,
                    "none",
                    told(mirror) == 0));
            double[] times = new double[CONTEXTS];
            for (int i = -20; i < CONTEXTS; i++) {
                String project = "/home/ada/work/project" + Math.floorMod(i, PROJECTS);
                long start = System.nanoTime();
                mirror.context(project, "", 8_000);
                if (i >= 0) {
                    times[i] = (System.nanoTime() - start) / 1e6;
                }
            }
            rows.add(new Row(
                    "boot context of 8,000 tokens, each line read back; 500 sessions, " + events + " events; median",
                    percentile(times, 50),
                    "ms",
                    null,
                    null,
                    "at most 50 ms",
                    percentile(times, 50) <= 50));
            truths.keySet().forEach(project -> before.put(project, mirror.context(project, "", 8_000)));
            int same = 0;
            for (String project : truths.keySet()) {
                same += mirror.context(project, "a session of another client", 8_000)
                                .equals(before.get(project))
                        ? 1
                        : 0;
            }
            rows.add(share("contexts that another client is told the same, 8,000 tokens", same));
            // What a power cut leaves: the files as they are, and nobody who closed them.
            BusBench.copy(folder.resolve("m"), folder.resolve("killed"));
        }
        int same = 0;
        try (Opened mirror = new Opened(folder.resolve("killed"), key)) {
            for (String project : truths.keySet()) {
                same += mirror.context(project, "", 8_000).equals(before.get(project)) ? 1 : 0;
            }
        }
        rows.add(share("contexts that are the same after the log was cut off without a close", same));
        return rows;
    }

    private static Row share(String what, int same) {
        return new Row(what, 100.0 * same / PROJECTS, "%", null, null, "100 %", same == PROJECTS);
    }

    private Row coherence(Opened mirror, int tokens, boolean bar) {
        int expected = 0;
        int present = 0;
        for (Map.Entry<String, Truth> project : truths.entrySet()) {
            String context = mirror.context(project.getKey(), "", tokens);
            for (String text : project.getValue().current.values()) {
                expected++;
                present += context.contains(": " + text + " [") ? 1 : 0;
            }
        }
        double share = (double) present / expected;
        return new Row(
                "coherence at " + tokens + " tokens: of " + expected + " things known in five projects",
                share,
                "",
                null,
                null,
                bar ? "at least 0.98" : "",
                !bar || share >= 0.98);
    }

    private int told(Opened mirror) {
        int told = 0;
        for (Map.Entry<String, Truth> project : truths.entrySet()) {
            String context = mirror.context(project.getKey(), "", 32_000);
            for (String text : project.getValue().superseded) {
                told += context.contains(": " + text + " [") ? 1 : 0;
            }
        }
        return told;
    }

    /** One session: it asks, acts, learns, corrects what was known, leaves something open or finishes what was. */
    private void session(Projector projector, int number) {
        String id = "session-" + number;
        String client = CLIENTS.get(random.nextInt(CLIENTS.size()));
        String project = "/home/ada/work/project" + random.nextInt(PROJECTS);
        Truth truth = truths.getOrDefault(project, new Truth());
        add(
                id,
                client,
                Types.OPENED,
                Json.object().put("project", project).put("cwd", project).put("how", "startup"));
        String part = PARTS.get(random.nextInt(PARTS.size()));
        add(id, client, Types.PROMPTED, Json.object().put("prompt", "work on the " + part + ", step " + number));
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            String trait = TRAITS.get(random.nextInt(TRAITS.size()));
            know(projector, id, client, project, truth, "fact", "the " + trait + " of the " + part, number);
        }
        if (random.nextInt(3) == 0) {
            know(projector, id, client, project, truth, "decision", "the " + part + " is built on library", number);
        }
        if (random.nextInt(6) == 0) {
            know(projector, id, client, project, truth, "constraint", "the " + part + " may use megabytes", number);
        }
        if (random.nextInt(3) == 0) {
            know(projector, id, client, project, truth, "open", "the " + part + " still lacks item", number);
        } else {
            finish(projector, id, client, project, truth, "the " + part + " still lacks item", number);
        }
        for (int i = 0; i < events / SESSIONS - 8; i++) {
            add(
                    id,
                    client,
                    Types.ACTION_COMPLETED,
                    Json.object()
                            .put("tool", "Bash")
                            .put("command", "make " + part)
                            .put("output", "ok " + i));
        }
        add(id, client, Types.TURN_ENDED, Json.object().put("message", "done with the " + part));
        add(id, client, Types.ENDED, Json.object().put("reason", "other"));
        now = now.plusSeconds(3_600);
    }

    private void know(
            Projector projector,
            String session,
            String client,
            String project,
            Truth truth,
            String kind,
            String subject,
            int number) {
        String text = subject + " " + (1_000 + number);
        ObjectNode data = memory(kind, text, project);
        String old = truth.ids.get(kind + subject);
        if (old != null) {
            data.put("replaces", old);
            truth.superseded.add(truth.current.get(kind + subject));
            // Said again in the same words, it is as true as before.
            truth.superseded.remove(text);
        }
        Event event = now(projector, session, client, data);
        truth.ids.put(kind + subject, event.id());
        truth.current.put(kind + subject, text);
    }

    private void finish(
            Projector projector,
            String session,
            String client,
            String project,
            Truth truth,
            String subject,
            int number) {
        String old = truth.ids.remove("open" + subject);
        if (old != null) {
            truth.superseded.add(truth.current.remove("open" + subject));
            now(
                    projector,
                    session,
                    client,
                    memory("note", "finished: " + subject + " " + number, project)
                            .put("replaces", old));
        }
    }

    private static ObjectNode memory(String kind, String text, String project) {
        return Json.object()
                .put("kind", kind)
                .put("text", text)
                .put("project", project)
                .put("source", "the scenario");
    }

    private Event now(Projector projector, String session, String client, ObjectNode data) {
        flush(projector);
        return projector.record(
                Draft.of(Types.MEMORY_WRITTEN, client, data).subject(session).session(session));
    }

    private void add(String session, String client, String type, ObjectNode data) {
        waiting.add(Draft.of(type, client, data).subject(session).session(session));
    }

    private void flush(Projector projector) {
        for (int at = 0; at < waiting.size(); at += 1_000) {
            projector.record(waiting.subList(at, Math.min(at + 1_000, waiting.size())));
        }
        waiting.clear();
    }
}
