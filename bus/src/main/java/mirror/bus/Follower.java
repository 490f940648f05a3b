package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import mirror.bus.EventLine.Unproven;
import mirror.bus.LineProver.Proof;

/**
 * Proves the chain of another device from lines and checkpoints that came over a way nobody vouches for.
 *
 * <p>A line's hash and {@code prev} need no key, so whoever can write to the way can continue the chain with lines that fit. Only the
 * device's signature tells them apart. So a line that fits is <em>held</em>, and becomes an event when a signed checkpoint at or after
 * it has the Merkle root that the lines held so far give. When the roots differ, or when a line does not continue what is held, one
 * of the two is forged and nobody can say which: all that is held goes, and is to be fetched again. What a checkpoint covered is
 * settled and is never given up.
 *
 * <p>Assumptions: the key came another way than the lines. The device signs at least once in {@value #MAX_HELD} bytes of lines (it
 * signs each second and every 1,000 events).
 *
 * <p>Must never: hand out an event that no signature covers, hand one out twice or out of order, keep more than
 * {@value #MAX_HELD} bytes. Not thread-safe.
 */
public final class Follower {
    /** Bytes of lines that wait for a checkpoint. */
    static final int MAX_HELD = 64 * 1024 * 1024;

    private static final int MAX_NOTES = 256;

    private final NoteKey key;
    private final byte[] prefix;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private final TreeMap<Long, Checkpoint> notes = new TreeMap<>();
    private final List<Event> proven = new ArrayList<>();
    private MerkleTree tree;
    private byte[] settledHead;
    private byte[] head;
    private long heldBytes;
    private Cursor cursor;

    private record Held(byte[] line, byte[] hash) {}

    /** What became of a line or a note. */
    public sealed interface Outcome {
        /** It fits; its event is handed out as soon as a checkpoint covers it. */
        record Held(long seq) implements Outcome {}

        /** It says nothing new. */
        record Known(long seq) implements Outcome {}

        /** Events before it are missing; it was not kept. */
        record Ahead(long seq) implements Outcome {}

        /** It is not what the device wrote. */
        record Refused(String why) implements Outcome {}

        /** It or what was held before it is not what the device wrote; all that was held has been given up. */
        record Dropped(String why) implements Outcome {}
    }

    /**
     * How far a chain is proven, to go on from there after a restart. Made only where a signed checkpoint stands, and carries it, so
     * that a changed cursor is refused.
     *
     * @param seq last event that was handed out; 0 at the start
     * @param head its hash
     * @param frontier of the Merkle tree, hex
     * @param note the signed checkpoint; empty at the start
     */
    public record Cursor(long seq, String head, List<String> frontier, String note) {
        private static final String FORMAT = "mirror-cursor/1";

        /** Before the first event. */
        public static final Cursor START = new Cursor(0, EventLine.GENESIS_PREV, List.of(), "");

        public Cursor {
            frontier = List.copyOf(frontier);
        }

        /** For a file. */
        public String text() {
            return FORMAT + "\n" + head + "\n" + String.join(" ", frontier) + "\n" + note;
        }

        /**
         * Reads {@link #text}.
         *
         * @throws BusException when it is not a cursor, or not one of this key's chain
         */
        public static Cursor parse(String text, NoteKey key) {
            if (text.equals(START.text())) {
                return START;
            }
            String[] parts = text.split("\n", 4);
            if (parts.length == 4 && parts[0].equals(FORMAT) && parts[1].matches("[0-9a-f]{64}")) {
                List<String> frontier = List.of(parts[2].split(" "));
                List<Checkpoint> notes = Checkpoint.parse((parts[3] + "\n").getBytes(StandardCharsets.UTF_8))
                        .checkpoints();
                if (notes.size() == 1 && fits(notes.getFirst(), frontier, key)) {
                    return new Cursor(notes.getFirst().size(), parts[1], frontier, parts[3]);
                }
            }
            throw new BusException("this is not a cursor into the chain of " + key.name()
                    + ", or it was changed; delete it to start from the first event");
        }

        private static boolean fits(Checkpoint note, List<String> frontier, NoteKey key) {
            return note.origin().equals(key.name())
                    && note.signedBy(key)
                    && frontier.size() == Long.bitCount(note.size())
                    && frontier.stream().allMatch(node -> node.matches("[0-9a-f]{64}"))
                    && Arrays.equals(note.root(), tree(note.size(), frontier).root());
        }

        private static MerkleTree tree(long size, List<String> frontier) {
            return MerkleTree.restore(
                    size, frontier.stream().map(HexFormat.of()::parseHex).toList());
        }
    }

    /**
     * Starts after {@code from}.
     *
     * @param key the device's key; its name is the origin whose lines are taken
     */
    public Follower(NoteKey key, Cursor from) {
        this.key = key;
        this.prefix = ("{\"specversion\":\"1.0\",\"id\":\"" + key.name() + "-").getBytes(StandardCharsets.UTF_8);
        this.cursor = from;
        this.tree = Cursor.tree(from.seq, from.frontier);
        this.settledHead = HexFormat.of().parseHex(from.head);
        this.head = settledHead;
    }

    /** Takes one line as it is stored, the line feed excluded. */
    public Outcome line(byte[] line) {
        if (line.length > EventLine.MAX_LINE) {
            return new Outcome.Refused("a line is longer than an event may be");
        }
        Proof proof;
        try {
            proof = LineProver.proof(line);
        } catch (Unproven e) {
            return new Outcome.Refused("a line " + e.getMessage());
        }
        if (!Arrays.equals(prefix, Arrays.copyOf(line, prefix.length))) {
            return new Outcome.Refused("a line is not of " + key.name());
        }
        if (proof.seq() <= position()) {
            return new Outcome.Known(proof.seq());
        }
        if (proof.seq() > position() + 1) {
            return new Outcome.Ahead(proof.seq());
        }
        if (!Arrays.equals(proof.prev(), head)) {
            if (held.isEmpty()) {
                return new Outcome.Refused(
                        "event " + proof.seq() + " does not continue event " + cursor.seq + ", which is signed");
            }
            return drop("event " + proof.seq() + " does not continue event " + position()
                    + ", which no checkpoint covers yet: one of the two is forged");
        }
        if (heldBytes + line.length > MAX_HELD) {
            return drop("no checkpoint came for the events after " + cursor.seq);
        }
        held.add(new Held(line, proof.hash()));
        heldBytes += line.length;
        head = proof.hash();
        return settle(new Outcome.Held(proof.seq()));
    }

    /** Takes one signed note, as it stands in a checkpoints file. */
    public Outcome note(byte[] note) {
        if (note.length > EventLine.MAX_LINE) {
            return new Outcome.Refused("a checkpoint is longer than one may be");
        }
        byte[] ended = Arrays.copyOf(note, note.length + 1);
        ended[note.length] = '\n';
        Checkpoint.File parsed = Checkpoint.parse(ended);
        if (parsed.checkpoints().size() != 1 || parsed.complete() != ended.length) {
            return new Outcome.Refused("a checkpoint is not a signed note");
        }
        Checkpoint checkpoint = parsed.checkpoints().getFirst();
        if (!checkpoint.origin().equals(key.name()) || !checkpoint.signedBy(key)) {
            return new Outcome.Refused("a checkpoint is not signed by the key of " + key.name());
        }
        Checkpoint other = notes.get(checkpoint.size());
        if ((checkpoint.size() == cursor.seq && !Arrays.equals(checkpoint.root(), tree.root()))
                || (other != null && !Arrays.equals(checkpoint.root(), other.root()))) {
            return new Outcome.Refused("two histories of " + key.name() + " are signed at " + checkpoint.size()
                    + ": the device was copied or its log was set back");
        }
        if (checkpoint.size() <= cursor.seq || other != null) {
            return new Outcome.Known(checkpoint.size());
        }
        notes.put(checkpoint.size(), checkpoint);
        if (notes.size() > MAX_NOTES) {
            // The nearest are needed first, and the last says how far the chain goes.
            notes.remove(notes.lowerKey(notes.lastKey()));
        }
        return settle(new Outcome.Held(checkpoint.size()));
    }

    /** Compares the roots at each checkpoint that the held lines reach; what agrees is proven. */
    private Outcome settle(Outcome otherwise) {
        while (!notes.isEmpty() && notes.firstKey() <= position()) {
            Checkpoint checkpoint = notes.firstEntry().getValue();
            MerkleTree grown = tree.copy();
            List<Held> covered = new ArrayList<>();
            for (Held line : held) {
                if (grown.size() == checkpoint.size()) {
                    break;
                }
                grown.add(line.hash);
                covered.add(line);
            }
            if (!Arrays.equals(grown.root(), checkpoint.root())) {
                return drop("the events " + (cursor.seq + 1) + " to " + checkpoint.size()
                        + " are not those that the checkpoint at " + checkpoint.size() + " signs");
            }
            for (Held line : covered) {
                proven.add(EventLine.parse(line.line));
                heldBytes -= line.line.length;
                held.removeFirst();
            }
            notes.remove(checkpoint.size());
            tree = grown;
            settledHead = covered.getLast().hash;
            cursor = new Cursor(
                    checkpoint.size(),
                    HexFormat.of().formatHex(settledHead),
                    tree.frontier().stream().map(HexFormat.of()::formatHex).toList(),
                    checkpoint.note());
        }
        return otherwise;
    }

    private Outcome drop(String why) {
        held.clear();
        heldBytes = 0;
        head = settledHead;
        return new Outcome.Dropped(why);
    }

    /** Events that are proven and were not yet {@link #taken()}, in order. */
    public List<Event> proven() {
        return List.copyOf(proven);
    }

    /** Tells that whoever wanted the events of {@link #proven()} has them. */
    public void taken() {
        proven.clear();
    }

    /** Where to go on after {@link #proven()} was taken. */
    public Cursor cursor() {
        return cursor;
    }

    /** The last event that fits, proven or held. */
    public long position() {
        return cursor.seq + held.size();
    }

    /** How far the chain is known to go by a signature; at least what is proven. */
    public long signedUpTo() {
        return notes.isEmpty() ? cursor.seq : notes.lastKey();
    }
}
