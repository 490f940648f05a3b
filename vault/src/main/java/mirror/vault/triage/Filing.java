package mirror.vault.triage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Staging;
import mirror.vault.change.Change;
import mirror.vault.change.EditedJustNow;
import mirror.vault.triage.Entry.Place;
import mirror.vault.triage.Planner.Planned;
import mirror.vault.triage.TriageRuns.Moved;
import mirror.vault.triage.TriageRuns.Run;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does the moves of triage, and settles what a crash left of them.
 *
 * <p>A thing that moves whole is one change of the vault; its event follows, or is made up for by the next {@link #settle}. A bundle is
 * three steps: its files are staged and sealed with a note of what is to become of them, the bundle moves, the files move. The note is
 * what a crash leaves; whoever finds it goes on from there. Not thread-safe.
 */
final class Filing {
    private final Path vault;
    private final Moves moves;
    private final Staging staging;
    private final TriageRuns runs;
    private final Consumer<Draft> events;

    /** What is to become of a staged folder. */
    private record Note(
            String run,
            String rule,
            String reason,
            String place,
            String from,
            String stamp,
            String sha256,
            String to,
            String unpacked) {
        String json() {
            return Json.MAPPER.writeValueAsString(this);
        }

        static Note of(String json) throws IOException {
            try {
                JsonNode node = Json.MAPPER.readTree(json);
                return new Note(
                        node.path("run").asString(),
                        node.path("rule").asString(),
                        node.path("reason").asString(),
                        node.path("place").asString(),
                        node.path("from").asString(),
                        node.path("stamp").asString(),
                        node.path("sha256").asString(),
                        node.path("to").asString(),
                        node.path("unpacked").asString());
            } catch (JacksonException e) {
                throw new IOException("the note of a staged folder is damaged: " + e.getOriginalMessage());
            }
        }

        Marks marks(String what) {
            return new Marks(reason, what, rule, run);
        }
    }

    /** @param vault without links */
    Filing(Path vault, Moves moves, Staging staging, TriageRuns runs, Consumer<Draft> events) {
        this.vault = vault;
        this.moves = moves;
        this.staging = staging;
        this.runs = runs;
        this.events = events;
    }

    // ---- moving

    Step move(Entry entry, Step step, String run) throws IOException {
        Marks marks = new Marks(step.reason(), entry.folder() ? "folder" : "file", step.rule(), run);
        Change change = carry(entry.path(), step.to(), marks);
        return new Step(step.action(), step.path(), change.path(), "", step.rule(), step.reason());
    }

    Step unpack(Planned planned, String run) throws IOException {
        Step step = planned.step();
        String id = stage(planned, run);
        finish(id, Note.of(staging.sealed().getOrDefault(id, "")));
        return new Step(step.action(), step.path(), step.to(), step.unpacked(), step.rule(), step.reason());
    }

    private Change carry(Path from, String to, Marks marks) throws IOException {
        Change change = moves.move(from, to, marks.why());
        if (!Planner.shown(vault, from).equals(change.from())) {
            // Between the last look and the move somebody put a link in the way.
            moves.rollback(change.id());
            throw new IOException("a link led to " + change.from() + " instead; that was put back");
        }
        moved(change, marks);
        return change;
    }

    private String stage(Planned planned, String run) throws IOException {
        Entry entry = planned.entry();
        Step step = planned.step();
        String id = freshId(run);
        staging.begin(id);
        Bundle.Survey survey;
        try (Bundle bundle = Bundle.open(entry.path(), Bundle.Limits.STANDARD)) {
            survey = bundle.read(new Bundle.Sink() {
                @Override
                public void folder(String path) throws IOException {
                    staging.folder(id, path);
                }

                @Override
                public void file(String path, InputStream bytes) throws IOException {
                    staging.file(id, path, bytes, entry.modified());
                }
            });
            if (planned.survey().filter(survey::equals).isEmpty()) {
                throw new Bundle.Refused("changed while it was looked at");
            }
        } catch (IOException | RuntimeException e) {
            try {
                staging.clean();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        staging.seal(
                id,
                new Note(
                                run,
                                step.rule(),
                                step.reason(),
                                entry.place().name(),
                                entry.path().toString(),
                                entry.stamp(),
                                survey.sha256(),
                                step.to(),
                                step.unpacked())
                        .json());
        return id;
    }

    private String freshId(String run) throws IOException {
        String id = run;
        for (int n = 1; Files.exists(staging.tree(id).getParent(), LinkOption.NOFOLLOW_LINKS); n++) {
            id = run + "-" + n;
        }
        return id;
    }

    /** Takes a staged bundle to its end, from wherever it stands. */
    private void finish(String id, Note note) throws IOException {
        Path from = Path.of(note.from);
        Optional<Change> kept = find(note, "bundle", Planner.shown(vault, from));
        if (kept.isEmpty()) {
            Entry entry;
            try {
                entry = Sources.entry(Place.valueOf(note.place), from);
            } catch (NoSuchFileException e) {
                entry = null;
            }
            if (entry == null || !entry.stamp().equals(note.stamp)) {
                // Its owner took it away or changed it: then it is another one, and is looked at anew.
                staging.remove(id);
                return;
            }
            Marks marks = note.marks("bundle");
            kept = Optional.of(carry(from, note.to, marks));
        }
        if (kept.get().undone() || !note.sha256.equals(kept.get().after())) {
            staging.remove(id);
            return;
        }
        if (find(note, "unpacked", tree(id).toString()).isEmpty()) {
            carry(tree(id), note.unpacked, note.marks("unpacked"));
        }
        staging.finish(id);
    }

    /** Where the staged files lie or lay, without links, as the list of changes names it. */
    private Path tree(String id) throws IOException {
        Path tree = staging.tree(id);
        return Objects.requireNonNull(tree.getParent()).toRealPath().resolve(tree.getFileName());
    }

    private Optional<Change> find(Note note, String what, String from) throws IOException {
        return moves.changes().stream()
                .filter(change -> from.equals(change.from())
                        && Marks.of(change)
                                .filter(marks -> marks.run().equals(note.run)
                                        && marks.what().equals(what))
                                .isPresent())
                .findFirst();
    }

    // ---- settling

    /** Makes up for what a crash, or a change that was taken back by hand, left untold or half done. */
    void settle() throws IOException {
        staging.clean();
        moves.recover();
        tell();
        for (Map.Entry<String, String> each : staging.sealed().entrySet()) {
            try {
                finish(each.getKey(), Note.of(each.getValue()));
            } catch (EditedJustNow e) {
                // The next run goes on.
            } catch (IOException e) {
                fail(
                        staging.tree(each.getKey()).toString(),
                        "a bundle could not be put in its place: " + e.getMessage());
            }
        }
    }

    private void tell() throws IOException {
        List<Change> changes = moves.changes();
        Map<String, Moved> known = runs.runs().stream()
                .flatMap(run -> run.moves().stream())
                .collect(Collectors.toMap(Moved::change, move -> move, (one, _) -> one));
        List<Change> untold = new ArrayList<>();
        for (Change change : changes) {
            if (Marks.of(change).isEmpty()) {
                continue;
            }
            if (known.containsKey(change.id())) {
                // Each run begins by settling, so nothing before this one is untold.
                break;
            }
            untold.add(change);
        }
        for (Change change : untold.reversed()) {
            moved(change, Marks.of(change).orElseThrow());
        }
        Map<String, Change> undone =
                changes.stream().filter(Change::undone).collect(Collectors.toMap(Change::id, change -> change));
        for (Run run : runs.runs()) {
            for (Moved move : run.moves().reversed()) {
                if (!move.undone() && undone.containsKey(move.change())) {
                    undone(run, move);
                }
            }
        }
    }

    private void moved(Change change, Marks marks) throws IOException {
        String digest = change.after();
        Path place = vault.resolve(change.path());
        if (digest == null) {
            digest = Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS) ? TreeDigest.of(place) : "";
        }
        events.accept(Draft.of(
                        TriageRuns.MOVED,
                        Marks.ACTOR,
                        Json.object()
                                .put("run", marks.run())
                                .put("rule", marks.rule())
                                .put("reason", marks.reason())
                                .put("what", marks.what())
                                .put("from", change.from())
                                .put("to", change.path())
                                .put("change", change.id())
                                .put("sha256", digest))
                .subject(marks.run()));
    }

    private void undone(Run run, Moved move) throws IOException {
        Path back = vault.resolve(move.from());
        ObjectNode data = Json.object()
                .put("run", run.id())
                .put("change", move.change())
                .put("path", move.from())
                .put("rule", move.rule())
                .put("folder", parent(move.to()));
        if (move.what().equals("unpacked")) {
            discard(back, move.sha256());
        } else {
            stamp(back).ifPresent(stamp -> data.put("stamp", stamp));
        }
        events.accept(Draft.of(TriageRuns.UNDONE, "owner", data).subject(run.id()));
    }

    private static Optional<String> stamp(Path path) throws IOException {
        try {
            return Optional.of(Sources.entry(Place.INBOX, path).stamp());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** What came out of a bundle can come out again; what somebody changed in it since cannot, and is kept. */
    private void discard(Path tree, String sha256) throws IOException {
        Path folder = tree.getParent();
        if (folder != null
                && Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)
                && TreeDigest.of(tree).equals(sha256)) {
            staging.remove(String.valueOf(folder.getFileName()));
        }
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private void fail(String path, String reason) {
        if (!runs.isKnownFailure(path, reason)) {
            events.accept(Draft.of(
                    TriageRuns.FAILED,
                    Marks.ACTOR,
                    Json.object().put("path", path).put("reason", reason)));
        }
    }
}
