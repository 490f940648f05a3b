package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.EventLine.Unproven;
import mirror.bus.VerifyReport.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Makes a damaged chain writable again. The first segment that does not hold and all after it are moved to {@code quarantine/}, whole;
 * in their place comes a new segment of every line that still proves its place: from the damaged files themselves in whatever order
 * they lie, and from copies elsewhere. A line is taken only when it hashes to what the chain says must stand there, so a copy can
 * come from anywhere. What no copy has ends the chain; what came after stays in quarantine.
 *
 * <p>Must never: remove a byte of the log, or take a line that does not continue the chain.
 */
public final class Repair {
    private static final String REBUILT = "repair.tmp";

    private final Home home;
    private final String origin;
    private final Storage storage;
    private final NoteSigner signer;
    private final List<Path> copies;

    /** @param copies folders with other copies of this chain's segments: a backup, an earlier quarantine */
    public Repair(Home home, String origin, Storage storage, NoteSigner signer, List<Path> copies) {
        this.home = home;
        this.origin = origin;
        this.storage = storage;
        this.signer = signer;
        this.copies = List.copyOf(copies);
    }

    /**
     * What was done.
     *
     * @param before what verification said
     * @param events events in the chain now
     * @param lost events that were acknowledged or signed and are not in the chain now
     * @param recovered events that came from copies
     * @param moved where the damaged files are, or null when nothing had to be moved
     */
    public record Outcome(
            VerifyReport before,
            long events,
            long lost,
            long recovered,
            @Nullable Path moved) {}

    /**
     * Repairs, and says so as the next event of the chain. The caller holds the home's lock.
     *
     * @param clock for the event and the name of the quarantine
     * @throws BusException when the key of the chain is not this device's: then nothing can vouch for any of it
     */
    public Outcome run(InstantSource clock) {
        try {
            return repair(clock);
        } catch (IOException e) {
            throw new BusException("the repair stopped: " + e.getMessage() + "; nothing is lost, call it again", e);
        }
    }

    private Outcome repair(InstantSource clock) throws IOException {
        Path chain = home.chain(origin);
        NoteKey key = signer.key(origin);
        Path index = ChainIndex.file(home, origin);
        List<Witness> witnesses = ChainIndex.read(storage, index, key).stream()
                .map(ChainIndex::witness)
                .toList();
        ChainWalk walk = new ChainWalk(storage, chain, origin).witnesses(witnesses);
        VerifyReport before = walk.walk(key);
        if (before.verdict().compareTo(Verdict.TORN_TAIL) <= 0) {
            // Opening moves a torn tail aside and says so itself.
            try (EventLog log = EventLog.open(home, origin, storage, clock, signer)) {
                return new Outcome(before, log.durable(), 0, 0, null);
            }
        }
        if (before.checkpoints() == 0 && (walk.forked() || !beginsWith(key, walk.segments()))) {
            throw new BusException("nothing in " + chain + " shows that this device wrote it; restore keys/device.key"
                    + " or the whole log from a backup");
        }
        long vouched = Math.max(
                walk.watermark(),
                witnesses.stream().mapToLong(Witness::size).max().orElse(0));
        Path quarantine = free(home.quarantine().resolve(origin));
        storage.createDirectories(quarantine);
        long recovered = 0;
        ChainWalk.Tear tear = walk.tear();
        if (walk.forked()) {
            Segment doubtful = Segment.of(walk.segments(), walk.lastAnchor() + 1);
            recovered = rebuild(chain, doubtful == null ? null : doubtful.file(), quarantine, walk);
        } else if (tear != null || vouched > walk.tree().size()) {
            recovered = rebuild(chain, tear == null ? null : tear.file(), quarantine, walk);
        }
        checkpoints(chain, quarantine, key);
        if (storage.exists(index)) {
            storage.rename(index, quarantine.resolve(index.getFileName()));
        }
        storage.forceDirectory(quarantine);
        try (EventLog log = EventLog.open(home, origin, storage, clock, signer)) {
            long events = log.durable();
            log.append(Draft.of(
                    "mirror.log.repaired.v1",
                    "owner",
                    Json.object()
                            .put("found", before.verdict().text())
                            .put("events", events)
                            .put("recovered", recovered)
                            .put("lost", Math.max(0, vouched - events))
                            .put("moved-to", home.root().relativize(quarantine).toString())));
            return new Outcome(before, events, Math.max(0, vouched - events), recovered, quarantine);
        }
    }

    /** Whether the first event names this device's key. */
    private boolean beginsWith(NoteKey key, List<Segment> segments) throws IOException {
        if (segments.isEmpty() || segments.getFirst().count() == 0) {
            return false;
        }
        try (LineReader lines =
                new LineReader(Segment.open(storage, segments.getFirst().file()), 0)) {
            return lines.next() && EventLine.parse(lines.copy()).text("key").equals(key.verifierKey());
        }
    }

    private Path free(Path base) {
        for (int i = 1; ; i++) {
            Path folder = base.resolveSibling(base.getFileName() + "-" + i);
            if (!storage.exists(folder.resolve("checkpoints"))) {
                return folder;
            }
        }
    }

    /** A line somewhere: where it lies, what it is and what it continues. */
    private record Place(Path file, long offset, byte[] hash, byte[] prev) {}

    private final Map<Long, List<Place>> places = new HashMap<>();

    /**
     * Puts the rebuilt segment in the place of {@code first} and all after it.
     *
     * @return how many lines came from copies
     */
    private long rebuild(Path chain, @Nullable Path first, Path quarantine, ChainWalk walk) throws IOException {
        List<Path> files = Segment.files(storage, chain);
        int from = first == null ? files.size() : files.indexOf(first);
        List<Path> damaged = files.subList(from, files.size());
        ChainWalk good = new ChainWalk(storage, chain, origin);
        good.upTo(from);
        good.walk(signer.key(origin));
        List<Path> sources = new ArrayList<>(damaged);
        for (Path folder : copies) {
            // Where the log itself was rewritten, a copy is asked first.
            sources.addAll(walk.forked() ? 0 : sources.size(), Segment.files(storage, folder));
        }
        for (Path file : sources) {
            index(file);
        }
        MerkleTree tree = good.tree();
        long sound = 0;
        long soundRecovered = 0;
        long next = good.tree().size() + 1;
        byte[] prev = good.head();
        long recovered = 0;
        Path rebuilt = chain.resolve(REBUILT);
        byte[] feed = {'\n'};
        try (Storage.Appender out = storage.append(rebuilt)) {
            out.truncate(0);
            LineProver prover = new LineProver();
            long written = 0;
            while (true) {
                Place place = find(next, prev);
                if (place == null) {
                    break;
                }
                try (LineReader lines = new LineReader(Segment.open(storage, place.file), place.offset)) {
                    if (!lines.next()) {
                        throw new IOException(place.file + " changed meanwhile");
                    }
                    prover.prove(lines.array(), lines.from(), lines.to());
                    byte[] line = lines.copy();
                    out.write(ByteBuffer.wrap(line));
                    out.write(ByteBuffer.wrap(feed));
                    written += line.length + 1;
                } catch (Unproven e) {
                    throw new IOException(place.file + " changed meanwhile", e);
                }
                prev = prover.hash();
                tree.add(prev);
                recovered += damaged.contains(place.file) ? 0 : 1;
                next++;
                Checkpoint anchor = walk.anchors().get(tree.size());
                if (anchor != null && !Arrays.equals(anchor.root(), tree.root())) {
                    // These lines hold together, but are not what this device signed.
                    out.truncate(sound);
                    recovered = soundRecovered;
                    break;
                }
                if (anchor != null || !walk.forked()) {
                    sound = written;
                    soundRecovered = recovered;
                }
            }
            if (walk.forked()) {
                out.truncate(sound);
                recovered = soundRecovered;
            }
            out.force();
        }
        for (Path file : damaged.reversed()) {
            storage.rename(file, quarantine.resolve(file.getFileName()));
        }
        String name = damaged.isEmpty()
                ? "%06d%s".formatted(files.isEmpty() ? 1 : Segment.number(files.getLast()) + 1, Segment.PLAIN)
                : Segment.plain(damaged.getFirst()).getFileName().toString();
        storage.rename(rebuilt, chain.resolve(name));
        storage.forceDirectory(chain);
        return recovered;
    }

    /** The line that continues the chain; of several the first that something continues in turn. */
    private @Nullable Place find(long seq, byte[] prev) {
        Place found = null;
        for (Place place : places.getOrDefault(seq, List.of())) {
            if (Arrays.equals(place.prev, prev)) {
                boolean continued = places.getOrDefault(seq + 1, List.of()).stream()
                        .anyMatch(next -> Arrays.equals(next.prev, place.hash));
                if (continued) {
                    return place;
                }
                found = found == null ? place : found;
            }
        }
        return found;
    }

    /** Notes every line of the file that proves itself. */
    private void index(Path file) throws IOException {
        LineProver prover = new LineProver();
        try (LineReader lines = new LineReader(Segment.open(storage, file), 0)) {
            while (lines.next()) {
                try {
                    prover.prove(lines.array(), lines.from(), lines.to());
                    places.computeIfAbsent(prover.seq(), _ -> new ArrayList<>(1))
                            .add(new Place(file, lines.offset(), prover.hash(), prover.prev()));
                } catch (Unproven e) {
                    // Stays in quarantine.
                }
            }
        } catch (IOException e) {
            if (!Segment.isCompressed(file)) {
                throw e;
            }
        }
    }

    /** Keeps the checkpoints that hold for the chain as it is now; the file as it was goes to quarantine. */
    private void checkpoints(Path chain, Path quarantine, NoteKey key) throws IOException {
        Path file = chain.resolve("checkpoints");
        if (!storage.exists(file)) {
            return;
        }
        List<Checkpoint> all =
                Checkpoint.parse(ChainWalk.readAll(storage, file, 0)).checkpoints();
        Map<Long, byte[]> roots = new ChainWalk(storage, chain, origin).roots(all);
        Path kept = chain.resolve("checkpoints.tmp");
        try (Storage.Appender out = storage.append(kept)) {
            out.truncate(0);
            for (Checkpoint checkpoint : all) {
                if (Arrays.equals(checkpoint.root(), roots.get(checkpoint.size())) && checkpoint.signedBy(key)) {
                    out.write(ByteBuffer.wrap((checkpoint.note() + "\n").getBytes(StandardCharsets.UTF_8)));
                }
            }
            out.force();
        }
        storage.rename(file, quarantine.resolve("checkpoints"));
        storage.rename(kept, file);
        storage.forceDirectory(chain);
    }
}
