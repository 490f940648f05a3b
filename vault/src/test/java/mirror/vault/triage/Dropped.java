package mirror.vault.triage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.DiskCalls;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.FileCalls;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Staging;
import mirror.vault.change.VaultChanges;

/** A person's folders with a vault in them, a Mirror that can be started anew, and a clock that stands. */
final class Dropped {
    static final Instant OLD = Instant.parse("2026-02-03T04:05:06Z");

    final Path user;
    final Path vault;
    final Home home;
    final List<Event> events = new ArrayList<>();
    /** Files of the vault that notes link to. */
    final Set<String> linked = new HashSet<>();

    Instant now = Instant.parse("2031-11-22T03:12:05Z");
    TriageRuns runs = new TriageRuns();
    VaultChanges changes;
    Triage triage;

    Dropped(Path folder) throws IOException {
        user = folder.toRealPath();
        vault = Files.createDirectories(user.resolve("vault"));
        Files.createDirectories(vault.resolve("Inbox"));
        home = new Home(user.resolve("home"));
        Files.createDirectories(home.root());
        changes = changes(new DiskCalls());
        triage = triage(changes, new DiskCalls(), this::hear);
    }

    /** As after a start: nothing is known but what is on disk and in the events. */
    void restart() {
        start(new DiskCalls(), this::hear);
    }

    void start(FileCalls disk, Consumer<Draft> sink) {
        runs = new TriageRuns();
        events.forEach(runs);
        changes = changes(disk);
        triage = triage(changes, disk, sink);
    }

    private VaultChanges changes(FileCalls disk) {
        FileStore files = new FileStore(home, disk, () -> now, _ -> {});
        return new VaultChanges(vault, files, _ -> {}, home.backups().resolve("changes.jsonl"), () -> now);
    }

    private Triage triage(VaultChanges through, FileCalls disk, Consumer<Draft> sink) {
        return new Triage(
                vault,
                home,
                user,
                through,
                new Staging(home, disk),
                runs,
                sink,
                () -> now,
                ZoneOffset.UTC,
                linked::contains);
    }

    void hear(Draft draft) {
        long seq = events.size() + 1L;
        // As from disk: nothing that a payload cannot hold gets through.
        Event event = new Event(
                "t-" + seq,
                draft.actor(),
                draft.type(),
                now,
                draft.subject(),
                "t",
                seq,
                seq,
                null,
                null,
                Json.MAPPER.readTree(Json.MAPPER.writeValueAsBytes(draft.data())),
                "",
                "",
                "");
        events.add(event);
        runs.accept(event);
    }

    List<Event> events(String type) {
        return events.stream().filter(event -> event.type().equals(type)).toList();
    }

    /** @param path from the person's folder, such as {@code vault/Inbox/a.pdf} */
    Path drop(String path, byte[] bytes) throws IOException {
        Path file = user.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, FileTime.from(OLD));
        return file;
    }

    Path drop(String path, String text) throws IOException {
        return drop(path, text.getBytes(StandardCharsets.UTF_8));
    }

    void rules(String yaml) throws IOException {
        Files.writeString(home.triage(), yaml);
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** Two looks that lie far enough apart. */
    Triage.Report settle() {
        triage.run();
        pass(Duration.ofSeconds(5));
        return triage.run();
    }

    Step step(Triage.Report report, String path) {
        return report.steps().stream()
                .filter(step -> step.path().equals(path))
                .findFirst()
                .orElseThrow(() -> new AssertionError(path + " is not in " + report.steps()));
    }

    /** Digests by path, of all files but Mirror's own; of a folder without any, nothing. */
    Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(user)) {
            for (Path path : walk.filter(each -> !each.startsWith(home.root())).toList()) {
                String name = user.relativize(path).toString();
                if (Files.isSymbolicLink(path)) {
                    files.put(name, "link");
                } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    files.put(name, AtomicFiles.digest(Files.readAllBytes(path)));
                }
            }
        }
        return files;
    }

    /** What is left of staged folders. */
    List<Path> staged() throws IOException {
        return new DiskCalls().list(home.staging());
    }
}
