package mirror.continuity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import mirror.trust.Identity;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The life of sessions: what clients report becomes events, and from the events come crystals, the continuity file and the context
 * of the next session. A crystal is written at every compaction, at the end of every turn and at the end of the session, so that a
 * client that dies loses at most the turn it was in. Thread-safe.
 */
public final class Continuity {
    /** How clients call the ends of a turn that mean: not this model, not now. */
    private static final Set<String> LIMITS =
            Set.of("rate_limit", "rate_limit_error", "billing_error", "overloaded", "overloaded_error", "budget");

    private final Path vault;
    private final Projects projects;
    private final InstantSource clock;
    private final FileStore files;
    private final Sessions sessions;
    private final Memory memory;
    private final Handoffs handoffs;
    private final Identity identity;
    private final Focus focus = new Focus();
    private final Insights insights = new Insights();
    private final Completions completions = new Completions();
    private final BootContext bootContext;
    private final ContinuityFile file;

    public Continuity(Path continuityFolder, Path vault, Projects projects, InstantSource clock, FileStore files) {
        this.projects = projects;
        this.vault = vault;
        this.clock = clock;
        this.files = files;
        this.sessions = new Sessions();
        this.memory = new Memory();
        this.handoffs = new Handoffs(clock);
        this.identity = new Identity();
        this.bootContext = new BootContext(sessions, memory, handoffs, identity, focus, insights);
        this.file = new ContinuityFile(continuityFolder, sessions, memory, handoffs, files);
    }

    /** What the projector must feed. */
    public List<Projection> projections() {
        return List.of(sessions, memory, handoffs, identity, focus, insights, completions);
    }

    public Projects projects() {
        return projects;
    }

    public Sessions sessions() {
        return sessions;
    }

    public Memory memory() {
        return memory;
    }

    public Handoffs handoffs() {
        return handoffs;
    }

    public Identity identity() {
        return identity;
    }

    public Focus focus() {
        return focus;
    }

    public Insights insights() {
        return insights;
    }

    public Completions completions() {
        return completions;
    }

    public ContinuityFile file() {
        return file;
    }

    public BootContext bootContext() {
        return bootContext;
    }

    /** Opens the session unless it is open; a resumed one is opened again. */
    public void opened(Projector projector, String client, String id, Path cwd, String how) {
        projector.record(Draft.of(
                        Types.OPENED,
                        client,
                        Json.object()
                                .put("project", projects.of(cwd).toString())
                                .put("cwd", cwd.toString())
                                .put("how", how))
                .subject(id)
                .session(id));
    }

    /** The project of a session; one that Mirror did not see begin is opened now. */
    public Path project(Projector projector, String client, String id, Path cwd) {
        Session session = sessions.get(id).orElse(null);
        if (session == null) {
            opened(projector, client, id, cwd, "seen");
            return projects.of(cwd);
        }
        return Path.of(session.project());
    }

    /**
     * Writes the session's crystal into the vault and then the continuity file.
     *
     * @return the crystal's path
     */
    public Path crystallize(Projector projector, String id) throws IOException {
        Session session = sessions.get(id).orElseThrow(() -> new IllegalArgumentException("no session " + id));
        List<Event> events = new ArrayList<>();
        projector.log().replay(session.first(), event -> {
            if (id.equals(event.session()) && !event.type().equals(Types.CRYSTALLIZED)) {
                events.add(event);
            }
        });
        List<Memory.Entry> left = memory.current(session.project()).stream()
                .filter(entry -> entry.session().equals(id))
                .toList()
                .reversed();
        String text = Crystal.render(session, events, left);
        Path crystal = vault.resolve("Mirror").resolve("sessions").resolve(Crystal.name(session) + ".md");
        files.write(FileWrite.derived(crystal, text).session(id).within(vault));
        projector.record(Draft.of(
                        Types.CRYSTALLIZED,
                        "daemon",
                        Json.object()
                                .put("path", crystal.toString())
                                .put(
                                        "sha256",
                                        AtomicFiles.digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                                .put("upto", session.last()))
                .subject(id)
                .session(id));
        converge(projector, session, left);
        writeFile(projector);
        return crystal;
    }

    /**
     * Leaves the work of a session that ran into a limit to whoever comes next: what it was for, what it decided and changed, what is
     * open, and the files as they were. A session that goes on itself takes it back.
     */
    private void converge(Projector projector, Session session, List<Memory.Entry> left) {
        if (!LIMITS.contains(session.error()) || session.completed() != null || handoffs.leftAtLimit(session.id())) {
            return;
        }
        ObjectNode data = Json.object()
                .put("project", session.project())
                .put("automatic", true)
                .put("reason", session.error())
                .put("task", session.intent())
                .put("state", said(left, "decision", session.answer()))
                .put("next", said(left, "open", "go on where it broke off"));
        ArrayNode changed = data.putArray("files");
        session.files().forEach(file -> FileState.now(Path.of(file)).json(changed.addObject()));
        projector.record(Draft.of(Types.HANDOFF_CREATED, "daemon", data)
                .subject(session.id())
                .session(session.id()));
    }

    private static String said(List<Memory.Entry> left, String kind, String otherwise) {
        String said = left.stream()
                .filter(entry -> entry.kind().equals(kind))
                .map(Memory.Entry::text)
                .collect(Collectors.joining("; "));
        return said.isEmpty() ? otherwise : said;
    }

    /** Writes {@code continuity.md} and the ship register anew. */
    public void writeFile(Projector projector) throws IOException {
        file.write(projector.log().head(), clock.instant());
        // A vault that has nothing to show does not get an empty note.
        if (completions.list("").isEmpty()) {
            return;
        }
        String shipped = completions.shipLog();
        if (!Files.exists(shipLog()) || !Files.readString(shipLog()).equals(shipped)) {
            files.write(FileWrite.derived(shipLog(), shipped).within(vault));
        }
    }

    /** The ship register for a person, in the vault. */
    public Path shipLog() {
        return vault.resolve("Mirror").resolve("SHIPLOG.md");
    }

    /** Makes the crystals that a crash prevented. */
    public void recover(Projector projector) throws IOException {
        for (Session session : sessions.list()) {
            if (session.crystallized() < session.last()) {
                crystallize(projector, session.id());
            }
        }
    }
}
