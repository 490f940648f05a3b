package mirror.continuity;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import mirror.trust.Identity;

/**
 * The life of sessions: what clients report becomes events, and from the events come crystals, the continuity file and the context
 * of the next session. A crystal is written at every compaction, at the end of every turn and at the end of the session, so that a
 * client that dies loses at most the turn it was in. Thread-safe.
 */
public final class Continuity {
    private final Path vault;
    private final Projects projects;
    private final InstantSource clock;
    private final FileStore files;
    private final Sessions sessions;
    private final Memory memory;
    private final Handoffs handoffs;
    private final Identity identity;
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
        this.bootContext = new BootContext(sessions, memory, handoffs, identity);
        this.file = new ContinuityFile(continuityFolder, sessions, memory, handoffs, files);
    }

    /** What the projector must feed. */
    public List<Projection> projections() {
        return List.of(sessions, memory, handoffs, identity);
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
        writeFile(projector);
        return crystal;
    }

    public void writeFile(Projector projector) throws IOException {
        file.write(projector.log().head(), clock.instant());
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
