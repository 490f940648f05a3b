package mirror.surface.agent;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.Redactor;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The runs of agents that Mirror started, the last {@value #KEPT} of them, as a fold over events. Thread-safe. */
public final class AgentRuns implements Projection {
    static final String STARTED = "mirror.agent.started.v1";
    static final String ENDED = "mirror.agent.ended.v1";

    private static final int KEPT = 1_000;

    /**
     * One run.
     *
     * @param process when the client's process was started, as the system says; with the pid it names one process
     * @param session the client's id, empty until it is known
     * @param reserved tokens that were reserved for it
     * @param reason why it ended, or null while it runs
     * @param tokens what it used
     */
    public record Row(
            String run,
            Instant started,
            String client,
            String cwd,
            String prompt,
            long pid,
            @Nullable Instant process,
            String session,
            long reserved,
            @Nullable String reason,
            int exit,
            long tokens,
            @Nullable Instant ended) {}

    private final Map<String, Row> rows = new LinkedHashMap<>();

    @Override
    public String name() {
        return "agents";
    }

    @Override
    public int version() {
        return 1;
    }

    static Draft started(String run, String client, Task task, ProcessHandle process, long tokens) {
        ObjectNode data = Json.object()
                .put("run", run)
                .put("client", client)
                .put("prompt", Redactor.field(task.prompt()))
                .put("cwd", task.cwd().toString())
                .put("pid", process.pid())
                .put("seconds", task.limit().toSeconds())
                .put("tokens", tokens);
        process.info().startInstant().ifPresent(at -> data.put("process", at.toString()));
        if (task.model() != null) {
            data.put("model", task.model());
        }
        if (task.resume() != null) {
            data.put("resumed", task.resume());
        }
        return Draft.of(STARTED, "owner", data).subject(run);
    }

    static Draft ended(Row row, String session, AgentEvent.Ended ended, Duration took) {
        Usage usage = ended.usage();
        return Draft.of(
                        ENDED,
                        "daemon",
                        Json.object()
                                .put("run", row.run)
                                .put("client", row.client)
                                .put("pid", row.pid)
                                .put("session", session)
                                .put("reason", ended.reason().text())
                                .put("exit", ended.exit())
                                .put("input-tokens", usage.input())
                                .put("cached-tokens", usage.cached())
                                .put("output-tokens", usage.output())
                                .put("duration-ms", Math.max(0, took.toMillis()))
                                .put("left", ended.left())
                                .put("words", Redactor.field(ended.words())))
                .subject(row.run);
    }

    @Override
    public synchronized void accept(Event event) {
        JsonNode data = event.data();
        String run = event.text("run");
        switch (event.type()) {
            case STARTED -> {
                rows.put(
                        run,
                        new Row(
                                run,
                                event.time(),
                                event.text("client"),
                                event.text("cwd"),
                                event.text("prompt"),
                                data.path("pid").asLong(0),
                                event.time("process"),
                                event.text("resumed"),
                                data.path("tokens").asLong(0),
                                null,
                                0,
                                0,
                                null));
                if (rows.size() > KEPT) {
                    rows.remove(rows.keySet().iterator().next());
                }
            }
            case ENDED ->
                rows.computeIfPresent(
                        run,
                        (_, row) -> new Row(
                                row.run,
                                row.started,
                                row.client,
                                row.cwd,
                                row.prompt,
                                row.pid,
                                row.process,
                                event.text("session").isEmpty() ? row.session : event.text("session"),
                                row.reserved,
                                event.text("reason"),
                                data.path("exit").asInt(0),
                                data.path("input-tokens").asLong(0)
                                        + data.path("cached-tokens").asLong(0)
                                        + data.path("output-tokens").asLong(0),
                                event.time()));
            default -> {}
        }
    }

    public synchronized Optional<Row> get(String run) {
        return Optional.ofNullable(rows.get(run));
    }

    /** Newest first. */
    public synchronized List<Row> list() {
        return new ArrayList<>(rows.values()).reversed();
    }

    /** Runs that nothing says have ended. */
    synchronized List<Row> open() {
        return rows.values().stream().filter(row -> row.reason == null).toList();
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(rows.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        rows.clear();
        Json.list(saved, Row.class).forEach(row -> rows.put(row.run, row));
    }
}
