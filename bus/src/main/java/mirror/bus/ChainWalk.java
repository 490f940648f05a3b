package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import mirror.bus.EventLine.Unproven;
import mirror.bus.VerifyReport.Finding;
import mirror.bus.VerifyReport.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Reads a chain from its first byte, or from a mark, to its last and says what holds and what does not.
 *
 * <p>Each line proves itself by its hash; its {@code prev} and {@code seq} prove its place. Segments are scanned side by side and
 * joined in order. One that is not regular is read again, line by line with its context: after a line that fails, the walk goes on
 * with the next number and without a known predecessor, so that every damaged line is named and not only the first.
 *
 * <p>A torn tail and damage look alike, so the difference is made by what somebody was told: {@code ack} in a later group's first
 * line and the size of a checkpoint say which events had been acknowledged. Bad lines above all of these are what a power cut may
 * legally leave, in any combination of lost and kept sectors; a bad line at or below one of them is damage. (A rule such as "a good
 * line after a bad one means damage" is wrong: sectors of one unflushed group may reach the disk in any order.)
 */
final class ChainWalk {
    /** Where in a file the good part ends; {@code seq} is the first event that is lost, 0 for a checkpoint. */
    record Tear(Path file, long offset, long seq) {}

    private final Storage storage;
    private final Path chain;
    private final String origin;
    private final LineProver prover = new LineProver();
    private final MerkleTree tree;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<Finding> placeFindings = new ArrayList<>();
    private final List<Tear> tears = new ArrayList<>();
    private final TreeSet<Long> missing = new TreeSet<>();
    private final TreeMap<Long, Checkpoint> anchors = new TreeMap<>();
    private final List<Witness> witnesses = new ArrayList<>();
    private final TreeMap<Long, BlobRef> payloads = new TreeMap<>();
    private byte @Nullable [] prev;
    private byte[] head;
    private long expected;
    private long proven;
    private long watermark;
    private final long skipCheckpoints;
    private final int known;
    private byte[] notes = new byte[0];
    private int goodCheckpoints;
    private int threads = 1;
    private boolean everySignature = true;
    private ChainIndex.Mark vouchedNotes = ChainIndex.Mark.START;
    private LongConsumer progress = _ -> {};
    private long lastAnchor;
    private boolean forked;
    private int limit = Integer.MAX_VALUE;
    private @Nullable Map<Long, byte[]> roots;
    private @Nullable Tear tear;
    private ChainIndex.@Nullable Mark beforeLast;

    ChainWalk(Storage storage, Path chain, String origin) {
        this(storage, chain, origin, ChainIndex.Mark.START);
    }

    /** @param mark what is taken as proven */
    ChainWalk(Storage storage, Path chain, String origin, ChainIndex.Mark mark) {
        this.storage = storage;
        this.chain = chain;
        this.origin = origin;
        this.tree = MerkleTree.restore(mark.size(), mark.tree());
        for (ChainIndex.Entry entry : mark.segments()) {
            segments.add(new Segment(chain.resolve(entry.name()), entry.first(), entry.count(), entry.end()));
        }
        this.known = segments.size();
        this.head = mark.head();
        this.prev = mark.head();
        this.expected = mark.size() + 1;
        this.proven = mark.size();
        this.watermark = mark.size();
        this.lastAnchor = mark.size();
        this.skipCheckpoints = mark.checkpoints();
    }

    /** Scans up to {@code count} segments at the same time. */
    ChainWalk threads(int count) {
        threads = count;
        return this;
    }

    /**
     * Checks only the last checkpoint's signature. Its root covers everything before it, so for the events this is enough; what goes
     * unnoticed is damage within older signatures.
     */
    ChainWalk lastSignatureOnly() {
        everySignature = false;
        return this;
    }

    /** Takes the beginning of the checkpoints file as checked when it is the one that this device's index was signed over. */
    ChainWalk notesOf(ChainIndex.Mark mark) {
        vouchedNotes = mark;
        return this;
    }

    /** Is told how many bytes were read since it was told last; from any thread. */
    ChainWalk progress(LongConsumer bytes) {
        progress = bytes;
        return this;
    }

    ChainWalk witnesses(List<Witness> more) {
        witnesses.addAll(more);
        return this;
    }

    /** Walks only the first {@code count} segments. */
    void upTo(int count) {
        limit = count;
    }

    /** The tree's roots at the sizes of these checkpoints, as far as the chain holds. */
    Map<Long, byte[]> roots(List<Checkpoint> checkpoints) throws IOException {
        Map<Long, byte[]> roots = new HashMap<>();
        for (Checkpoint checkpoint : checkpoints) {
            witnesses.add(new Witness(checkpoint.size(), checkpoint.root(), "a checkpoint"));
        }
        this.roots = roots;
        walk(null);
        return roots;
    }

    /** @param key the key that must have signed the checkpoints, or null when it is not known */
    VerifyReport walk(@Nullable NoteKey key) throws IOException {
        checkpoints(key);
        TreeSet<Long> sizes = new TreeSet<>(anchors.keySet());
        witnesses.forEach(witness -> sizes.add(witness.size()));
        List<Path> files = Segment.files(storage, chain);
        files = files.subList(0, Math.min(limit, files.size()));
        try (Ahead<SegmentScan> scans = new Ahead<>(
                files.subList(known, files.size()), threads, file -> SegmentScan.of(storage, file, sizes, progress))) {
            while (scans.hasNext()) {
                SegmentScan scan = scans.next();
                if (!scans.hasNext() && tear == null && known == 0) {
                    beforeLast = ChainIndex.mark(tree, head, notes, segments, storage);
                }
                join(scan);
            }
        }
        conclude();
        Verdict verdict =
                findings.stream().map(Finding::kind).max(Verdict::compareTo).orElse(Verdict.INTACT);
        return new VerifyReport(
                origin,
                verdict,
                proven,
                HexFormat.of().formatHex(head),
                goodCheckpoints,
                findings.stream().limit(VerifyReport.MAX_FINDINGS).toList());
    }

    private void checkpoints(@Nullable NoteKey key) throws IOException {
        Path file = chain.resolve("checkpoints");
        if (!storage.exists(file)) {
            return;
        }
        byte[] bytes = readAll(storage, file, skipCheckpoints);
        Checkpoint.File parsed = Checkpoint.parse(bytes);
        if (!parsed.problem().isEmpty()) {
            findings.add(new Finding(Verdict.ALTERED, file.toString(), 0, 0, parsed.problem()));
        }
        int complete = parsed.complete();
        List<Checkpoint> all = parsed.checkpoints();
        int from = everySignature ? vouched(bytes, all) : Math.max(0, all.size() - 1);
        try (Ahead<Boolean> good = new Ahead<>(
                all.subList(from, all.size()),
                threads,
                checkpoint -> key != null && checkpoint.origin().equals(origin) && checkpoint.signedBy(key))) {
            for (int i = 0; i < all.size(); i++) {
                Checkpoint checkpoint = all.get(i);
                boolean signed = i < from || good.next();
                // Old blocks under a half-written note can have the form of one. Then it is the last, and others hold
                // or it names the key.
                if (!signed && key != null && i == all.size() - 1 && (!anchors.isEmpty() || checkpoint.names(key))) {
                    complete = parsed.last();
                } else {
                    checkpoint(file, checkpoint, signed);
                }
            }
        }
        notes = Arrays.copyOf(bytes, complete);
        if (complete < bytes.length) {
            tears.add(new Tear(file, skipCheckpoints + complete, 0));
            findings.add(new Finding(
                    Verdict.TORN_TAIL,
                    file.toString(),
                    0,
                    0,
                    "the last checkpoint is not complete; the next start moves it to torn/"));
        }
    }

    /** How many of the checkpoints the index vouches for. */
    private int vouched(byte[] bytes, List<Checkpoint> all) {
        int length = (int) Math.min(bytes.length, vouchedNotes.checkpoints());
        if (!AtomicFiles.digest(Arrays.copyOf(bytes, length)).equals(vouchedNotes.notes())) {
            return 0;
        }
        return (int) all.stream()
                .filter(checkpoint -> checkpoint.size() <= vouchedNotes.size())
                .count();
    }

    /** A hostile file may have something wrong in every line; of each kind a first finding is always kept. */
    private static void add(List<Finding> findings, Finding more) {
        if (findings.size() < VerifyReport.MAX_FINDINGS
                || findings.stream().noneMatch(finding -> finding.kind() == more.kind())) {
            findings.add(more);
        }
    }

    private void checkpoint(Path file, Checkpoint checkpoint, boolean signed) {
        if (!signed) {
            add(
                    findings,
                    new Finding(
                            Verdict.UNVERIFIABLE,
                            file.toString(),
                            0,
                            checkpoint.size(),
                            "the checkpoint at " + checkpoint.size() + " is not signed by the key of this chain"));
            return;
        }
        Checkpoint other = anchors.put(checkpoint.size(), checkpoint);
        if (other != null && !Arrays.equals(other.root(), checkpoint.root())) {
            add(
                    findings,
                    new Finding(
                            Verdict.FORKED,
                            file.toString(),
                            0,
                            checkpoint.size(),
                            "two histories were signed at " + checkpoint.size()));
        }
        watermark = Math.max(watermark, checkpoint.size());
    }

    static byte[] readAll(Storage storage, Path file, long from) throws IOException {
        try (Storage.Reader reader = storage.read(file)) {
            byte[] bytes = new byte[Math.toIntExact(Math.max(0, reader.size() - from))];
            int at = 0;
            while (at < bytes.length) {
                int read = reader.read(from + at, bytes, at, bytes.length - at);
                if (read <= 0) {
                    return Arrays.copyOf(bytes, at);
                }
                at += read;
            }
            return bytes;
        }
    }

    /** Takes a regular segment as a whole when it stands in its place; anything else is read line by line. */
    private void join(SegmentScan scan) throws IOException {
        boolean inPlace = scan.regular()
                && tear == null
                && scan.count() > 0
                && scan.first() == expected
                && Arrays.equals(scan.prev(), prev);
        if (!inPlace) {
            lines(scan.file());
            return;
        }
        segments.add(new Segment(scan.file(), scan.first(), scan.count(), scan.end()));
        for (var anchor : new TreeMap<>(scan.anchors()).entrySet()) {
            MerkleTree then = tree.copy();
            then.append(anchor.getValue());
            anchored(scan.file(), 0, then);
        }
        tree.append(scan.tree());
        payloads.putAll(scan.payloads());
        watermark = Math.max(watermark, scan.ack());
        proven = tree.size();
        expected = proven + 1;
        head = scan.head();
        prev = head;
    }

    private void lines(Path file) throws IOException {
        Segment segment = new Segment(file, expected);
        segments.add(segment);
        try (LineReader lines = new LineReader(Segment.open(storage, file), 0)) {
            for (long number = 1; lines.next(); number++) {
                line(segment, lines, number);
            }
        } catch (IOException e) {
            if (!Segment.isCompressed(file)) {
                throw e;
            }
            // What cannot be unpacked is damage with a place, not a disk that does not answer.
            tear(segment, segment.end());
            findings.add(new Finding(
                    Verdict.ALTERED,
                    file.toString(),
                    0,
                    expected,
                    "the compressed segment is damaged: " + e.getMessage()));
            prev = null;
        }
    }

    private void line(Segment segment, LineReader lines, long number) {
        byte[] named;
        try {
            if (!lines.terminated()) {
                throw new Unproven("is not complete");
            }
            prover.prove(lines.array(), lines.from(), lines.to());
            named = prover.prev();
        } catch (Unproven e) {
            bad(Verdict.ALTERED, segment, lines, number, "line " + number + " " + e.getMessage());
            prev = null;
            expected++;
            return;
        }
        long seq = prover.seq();
        watermark = Math.max(watermark, prover.ack());
        if (seq != expected) {
            misplaced(segment, lines, number, seq);
        } else if (prev != null && !Arrays.equals(prev, named)) {
            bad(
                    Verdict.ALTERED,
                    segment,
                    lines,
                    number,
                    "line " + number + " does not continue the line before it: one of the two was rewritten");
        }
        if (seq < expected) {
            return;
        }
        expected = seq + 1;
        prev = prover.hash();
        if (tear != null) {
            return;
        }
        segment.add(seq, lines.end());
        proven = seq;
        head = prover.hash();
        tree.add(prover.hash());
        BlobRef payload = prover.blob();
        if (payload != null) {
            payloads.put(seq, payload);
        }
        anchored(segment.file(), number, tree);
    }

    /** Compares the tree with what was signed at its size. */
    private void anchored(Path file, long number, MerkleTree then) {
        if (roots != null) {
            roots.put(then.size(), then.root());
        }
        Checkpoint anchor = anchors.get(then.size());
        if (anchor != null) {
            if (Arrays.equals(anchor.root(), then.root())) {
                goodCheckpoints++;
                lastAnchor = forked ? lastAnchor : then.size();
            } else {
                forked = true;
                add(
                        findings,
                        new Finding(
                                Verdict.FORKED,
                                file.toString(),
                                number,
                                then.size(),
                                "the history up to event " + then.size()
                                        + " is not the one that its checkpoint signed"));
            }
        }
        for (Witness witness : witnesses) {
            if (witness.size() == then.size() && !Arrays.equals(witness.root(), then.root())) {
                add(
                        findings,
                        new Finding(
                                Verdict.FORKED,
                                file.toString(),
                                number,
                                then.size(),
                                "the history up to event " + then.size() + " is not the one that " + witness.name()
                                        + " saw"));
            }
        }
    }

    private void misplaced(Segment segment, LineReader lines, long number, long seq) {
        if (seq > expected) {
            for (long lost = expected; lost < seq && missing.size() < VerifyReport.MAX_FINDINGS; lost++) {
                missing.add(lost);
            }
            tear(segment, lines.offset());
            add(
                    placeFindings,
                    new Finding(
                            Verdict.MISSING,
                            segment.file().toString(),
                            number,
                            expected,
                            "line " + number + " is event " + seq + " where " + expected + " must stand"));
        } else if (missing.remove(seq)) {
            add(
                    placeFindings,
                    new Finding(
                            Verdict.REORDERED,
                            segment.file().toString(),
                            number,
                            seq,
                            "line " + number + " is event " + seq + ", after event " + (expected - 1)));
        } else {
            bad(Verdict.REORDERED, segment, lines, number, "line " + number + " is event " + seq + " a second time");
        }
    }

    private void conclude() {
        if (tear != null && tear.seq > watermark) {
            Tear t = tear;
            tears.add(t);
            findings.removeIf(finding -> finding.seq() >= t.seq && finding.kind() != Verdict.UNVERIFIABLE);
            findings.add(new Finding(
                    Verdict.TORN_TAIL,
                    t.file.toString(),
                    0,
                    t.seq,
                    "the end was torn off by a crash before event " + t.seq
                            + " was acknowledged; the next start moves it to torn/"));
        } else {
            place();
            if (watermark > Math.max(proven, expected - 1)) {
                findings.add(new Finding(
                        Verdict.TRUNCATED,
                        chain.toString(),
                        0,
                        proven + 1,
                        "events up to " + watermark + " were acknowledged or signed, but the chain ends at "
                                + (expected - 1)));
            }
        }
        witnesses.stream()
                .filter(witness -> witness.size() > Math.max(proven, expected - 1))
                .forEach(witness -> findings.add(new Finding(
                        Verdict.ROLLED_BACK,
                        chain.toString(),
                        0,
                        proven + 1,
                        witness.name() + " saw " + witness.size() + " events, but the chain ends at "
                                + (expected - 1))));
    }

    /** A gap that is filled further down is a change of order; a gap that stays is a loss. */
    private void place() {
        for (Finding finding : placeFindings) {
            boolean filled = finding.kind() == Verdict.MISSING && !missing.contains(finding.seq());
            findings.add(
                    filled
                            ? new Finding(
                                    Verdict.REORDERED,
                                    finding.file(),
                                    finding.line(),
                                    finding.seq(),
                                    finding.sentence())
                            : finding);
        }
    }

    private void bad(Verdict kind, Segment segment, LineReader lines, long number, String sentence) {
        tear(segment, lines.offset());
        add(findings, new Finding(kind, segment.file().toString(), number, expected, sentence));
    }

    private void tear(Segment segment, long offset) {
        if (tear == null) {
            tear = new Tear(segment.file(), offset, expected);
        }
    }

    List<Segment> segments() {
        return segments;
    }

    /** What is stored outside the lines, by the number of the event that names it. */
    SortedMap<Long, BlobRef> payloads() {
        return payloads;
    }

    MerkleTree tree() {
        return tree;
    }

    byte[] head() {
        return head;
    }

    /** Highest number that a later group or a checkpoint says was acknowledged. */
    long watermark() {
        return watermark;
    }

    /** The state before the last segment of a walk from the first byte, or null when there is no such sound state. */
    ChainIndex.@Nullable Mark beforeLast() {
        return beforeLast;
    }

    /** What has to be moved aside before anything may be appended. */
    List<Tear> tears() {
        return tears;
    }

    /** Whether a checkpoint was signed over another history than this; what is after {@link #lastAnchor} then proves nothing. */
    boolean forked() {
        return forked;
    }

    /** Size of the last checkpoint whose root the chain has. */
    long lastAnchor() {
        return lastAnchor;
    }

    /** Signed checkpoints by their size. */
    Map<Long, Checkpoint> anchors() {
        return anchors;
    }

    /** Where the first line is that does not hold, or null. */
    @Nullable
    Tear tear() {
        return tear;
    }
}
