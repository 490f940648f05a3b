package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import mirror.bus.EventLine.Proof;
import mirror.bus.EventLine.Unproven;
import mirror.bus.VerifyReport.Finding;
import mirror.bus.VerifyReport.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Reads a chain from its first byte to its last and says what holds and what does not.
 *
 * <p>Each line proves itself by its hash; its {@code prev} and {@code seq} prove its place. After a line that fails, the walk goes on
 * with the next number and without a known predecessor, so that every damaged line is named and not only the first.
 *
 * <p>A torn tail and damage look alike, so the difference is made by what somebody was told: {@code ack} in a later group's first
 * line and the size of a checkpoint say which events had been acknowledged. Bad lines above all of these are what a power cut may
 * legally leave, in any combination of lost and kept sectors; a bad line at or below one of them is damage. (A rule such as "a good
 * line after a bad one means damage" is wrong: sectors of one unflushed group may reach the disk in any order.)
 */
final class ChainWalk {
    private final Storage storage;
    private final Path chain;
    private final String origin;
    private final MessageDigest sha256 = EventLine.sha256();
    private final MerkleTree tree = new MerkleTree();
    private final List<Segment> segments = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<Finding> placeFindings = new ArrayList<>();
    private final TreeSet<Long> missing = new TreeSet<>();
    private byte @Nullable [] prev = new byte[32];
    private byte[] head = new byte[32];
    private long expected = 1;
    private long proven;
    private long watermark;
    private int goodCheckpoints;
    private final List<Tear> tears = new ArrayList<>();
    private @Nullable Tear tear;

    /** Where in a file the good part ends; {@code seq} is the first event that is lost, 0 for a checkpoint. */
    record Tear(Path file, long offset, long seq) {}

    ChainWalk(Storage storage, Path chain, String origin) {
        this.storage = storage;
        this.chain = chain;
        this.origin = origin;
    }

    /** @param key the key that must have signed the checkpoints, or null when it is not known */
    VerifyReport walk(@Nullable NoteKey key) throws IOException {
        Map<Long, Checkpoint> anchors = checkpoints(key);
        for (Path file : Segment.files(storage, chain)) {
            segment(file, anchors);
        }
        if (tear != null && tear.seq > watermark) {
            Tear t = tear;
            tears.add(t);
            findings.removeIf(finding -> finding.seq() >= t.seq && finding.kind() != Verdict.UNVERIFIABLE);
            placeFindings.clear();
            missing.clear();
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

    private Map<Long, Checkpoint> checkpoints(@Nullable NoteKey key) throws IOException {
        Map<Long, Checkpoint> anchors = new HashMap<>();
        Path file = chain.resolve("checkpoints");
        if (!storage.exists(file)) {
            return anchors;
        }
        byte[] bytes = readAll(storage, file);
        Checkpoint.File parsed = Checkpoint.parse(bytes);
        if (!parsed.problem().isEmpty()) {
            findings.add(new Finding(Verdict.ALTERED, file.toString(), 0, 0, parsed.problem()));
        }
        long complete = parsed.complete();
        int left = parsed.checkpoints().size();
        for (Checkpoint checkpoint : parsed.checkpoints()) {
            left--;
            if (key == null || !checkpoint.origin().equals(origin) || !checkpoint.signedBy(key)) {
                // Old blocks under a half-written note can have the form of one. Then it is the last, and others hold
                // or it names the key.
                if (key != null && left == 0 && (!anchors.isEmpty() || checkpoint.names(key))) {
                    complete = parsed.last();
                    continue;
                }
                findings.add(new Finding(
                        Verdict.UNVERIFIABLE,
                        file.toString(),
                        0,
                        checkpoint.size(),
                        "the checkpoint at " + checkpoint.size() + " is not signed by the key of this chain"));
                continue;
            }
            Checkpoint other = anchors.put(checkpoint.size(), checkpoint);
            if (other != null && !Arrays.equals(other.root(), checkpoint.root())) {
                findings.add(new Finding(
                        Verdict.FORKED,
                        file.toString(),
                        0,
                        checkpoint.size(),
                        "two histories were signed at " + checkpoint.size()));
            }
            watermark = Math.max(watermark, checkpoint.size());
        }
        if (complete < bytes.length) {
            tears.add(new Tear(file, complete, 0));
            findings.add(new Finding(
                    Verdict.TORN_TAIL,
                    file.toString(),
                    0,
                    0,
                    "the last checkpoint is not complete; the next start moves it to torn/"));
        }
        return anchors;
    }

    static byte[] readAll(Storage storage, Path file) throws IOException {
        try (Storage.Reader reader = storage.read(file)) {
            byte[] bytes = new byte[Math.toIntExact(reader.size())];
            int at = 0;
            while (at < bytes.length) {
                int read = reader.read(at, bytes, at, bytes.length - at);
                if (read <= 0) {
                    return Arrays.copyOf(bytes, at);
                }
                at += read;
            }
            return bytes;
        }
    }

    private void segment(Path file, Map<Long, Checkpoint> anchors) throws IOException {
        Segment segment = new Segment(file, expected);
        segments.add(segment);
        try (LineReader lines = new LineReader(storage.read(file), 0)) {
            for (long number = 1; lines.next(); number++) {
                line(segment, lines, number, anchors);
            }
        }
    }

    private void line(Segment segment, LineReader lines, long number, Map<Long, Checkpoint> anchors) {
        Proof proof;
        try {
            if (!lines.terminated()) {
                throw new Unproven("is not complete");
            }
            proof = EventLine.prove(lines.array(), lines.from(), lines.to(), sha256);
        } catch (Unproven e) {
            bad(Verdict.ALTERED, segment, lines, number, "line " + number + " " + e.getMessage());
            prev = null;
            expected++;
            return;
        }
        watermark = Math.max(watermark, proof.ack());
        if (proof.seq() != expected) {
            misplaced(segment, lines, number, proof);
        } else if (prev != null && !Arrays.equals(prev, proof.prev())) {
            bad(
                    Verdict.ALTERED,
                    segment,
                    lines,
                    number,
                    "line " + number + " does not continue the line before it: one of the two was rewritten");
        }
        if (proof.seq() < expected) {
            return;
        }
        expected = proof.seq() + 1;
        prev = proof.hash();
        if (tear != null) {
            return;
        }
        segment.add(proof.seq(), lines.offset(), lines.end());
        proven = proof.seq();
        head = proof.hash();
        tree.add(proof.hash());
        Checkpoint anchor = anchors.get(proof.seq());
        if (anchor == null) {
            return;
        }
        if (Arrays.equals(anchor.root(), tree.root())) {
            goodCheckpoints++;
        } else {
            findings.add(new Finding(
                    Verdict.FORKED,
                    segment.file().toString(),
                    number,
                    proof.seq(),
                    "the history up to event " + proof.seq() + " is not the one that its checkpoint signed"));
        }
    }

    private void misplaced(Segment segment, LineReader lines, long number, Proof proof) {
        if (proof.seq() > expected) {
            for (long seq = expected; seq < proof.seq() && missing.size() < VerifyReport.MAX_FINDINGS; seq++) {
                missing.add(seq);
            }
            tear(segment, lines);
            placeFindings.add(new Finding(
                    Verdict.MISSING,
                    segment.file().toString(),
                    number,
                    expected,
                    "line " + number + " is event " + proof.seq() + " where " + expected + " must stand"));
        } else if (missing.remove(proof.seq())) {
            placeFindings.add(new Finding(
                    Verdict.REORDERED,
                    segment.file().toString(),
                    number,
                    proof.seq(),
                    "line " + number + " is event " + proof.seq() + ", after event " + (expected - 1)));
        } else {
            bad(
                    Verdict.REORDERED,
                    segment,
                    lines,
                    number,
                    "line " + number + " is event " + proof.seq() + " a second time");
        }
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
        tear(segment, lines);
        findings.add(new Finding(kind, segment.file().toString(), number, expected, sentence));
    }

    private void tear(Segment segment, LineReader lines) {
        if (tear == null) {
            tear = new Tear(segment.file(), lines.offset(), expected);
        }
    }

    List<Segment> segments() {
        return segments;
    }

    MerkleTree tree() {
        return tree;
    }

    byte[] head() {
        return head;
    }

    /** What has to be moved aside before anything may be appended. */
    List<Tear> tears() {
        return tears;
    }
}
