package mirror.bus;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * One event, and why to believe that it is in a log: a C2SP tlog-proof file. It holds the event's stored line (the {@code extra}
 * data, from which the leaf is computed), its index, the inclusion proof and the signed checkpoint, so that {@link #check} needs
 * nothing but the signer's public key.
 *
 * <p>A file has one spelling: {@link #parse} refuses whatever {@link #text} would not write in the same bytes. Nothing that a file
 * says may be believed before {@link #check} has returned.
 *
 * <p>Immutable.
 *
 * @see <a href="https://c2sp.org/tlog-proof">c2sp.org/tlog-proof</a>
 */
public final class TlogProof {
    /** More than the longest event line, the deepest tree and sixteen signatures take. */
    public static final int MAX_BYTES = 512 * 1024;

    private static final String HEADER = "c2sp.org/tlog-proof@v1";
    private static final String EXTRA = "extra ";
    private static final String INDEX = "index ";
    /** A path in a tree of up to 2^63 leaves. */
    private static final int MAX_PATH = 63;

    private final byte[] line;
    private final InclusionProof inclusion;
    private final Checkpoint checkpoint;

    TlogProof(byte[] line, InclusionProof inclusion, Checkpoint checkpoint) {
        this.line = line;
        this.inclusion = inclusion;
        this.checkpoint = checkpoint;
    }

    /**
     * What a proof proves: {@code key} signed that the log {@code event.origin()} had {@code size} events with Merkle root
     * {@code root}, and {@code event} is the one at its place among them. The event's time is what the device's clock said.
     */
    public record Proven(Event event, long size, byte[] root, NoteKey key) {}

    /** The log that the proof claims to be from; unproven before {@link #check}. */
    public String origin() {
        return checkpoint.origin();
    }

    /** The file. */
    public String text() {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        text.append(EXTRA).append(base64(line)).append('\n');
        text.append(INDEX).append(inclusion.index()).append('\n');
        inclusion.path().forEach(hash -> text.append(base64(hash)).append('\n'));
        return text.append('\n').append(checkpoint.note()).toString();
    }

    /**
     * Reads a file.
     *
     * @throws BusException saying why it is not a proof of an event
     */
    public static TlogProof parse(byte[] file) {
        if (file.length > MAX_BYTES) {
            throw new BusException("it is larger than any proof, which has at most " + MAX_BYTES + " bytes");
        }
        String text = utf8(file);
        List<String> lines = text.lines().toList();
        if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
            throw new BusException("its first line is not '" + HEADER + "'");
        }
        if (lines.size() < 2 || !lines.get(1).startsWith(EXTRA)) {
            throw new BusException("its second line is not '" + EXTRA.strip() + "' and the event");
        }
        byte[] line = bytes(lines.get(1).substring(EXTRA.length()), 2);
        if (lines.size() < 3 || !lines.get(2).matches(INDEX + "(0|[1-9][0-9]{0,17})")) {
            throw new BusException("its third line is not '" + INDEX.strip() + "' and a number");
        }
        long index = Long.parseLong(lines.get(2).substring(INDEX.length()));
        List<byte[]> path = new ArrayList<>();
        int at = 3;
        while (at < lines.size() && !lines.get(at).isEmpty()) {
            byte[] hash = bytes(lines.get(at), at + 1);
            if (hash.length != 32 || path.size() == MAX_PATH) {
                throw new BusException("line " + (at + 1) + " is not a hash of an inclusion proof");
            }
            path.add(hash);
            at++;
        }
        Checkpoint checkpoint;
        try {
            checkpoint =
                    Checkpoint.ofNote(String.join("\n", lines.subList(Math.min(at + 1, lines.size()), lines.size()))
                            + "\n");
        } catch (IllegalArgumentException e) {
            throw new BusException("it does not end in a checkpoint: " + e.getMessage(), e);
        }
        TlogProof proof = new TlogProof(line, inclusion(index, checkpoint.size(), path), checkpoint);
        if (!Arrays.equals(proof.text().getBytes(StandardCharsets.UTF_8), file)) {
            throw new BusException("its bytes are not in the one form that a proof has");
        }
        return proof;
    }

    /**
     * Checks everything, trusting {@code key} and nothing else.
     *
     * @throws BusException naming what does not hold
     */
    public Proven check(NoteKey key) {
        if (!checkpoint.origin().equals(key.name())) {
            throw new BusException(
                    "it is about the log " + checkpoint.origin() + ", and the key is that of " + key.name());
        }
        // Cheap things first; nothing leaves this method before all of them hold.
        LineProver stored = new LineProver();
        try {
            stored.prove(line, 0, line.length);
        } catch (EventLine.Unproven e) {
            throw new BusException("its event " + e.getMessage(), e);
        }
        if (checkpoint.signatures().stream().noneMatch(signature -> signature.isBy(key))) {
            throw new BusException("its checkpoint is not signed by the key " + key);
        }
        if (!checkpoint.signedBy(key)) {
            throw new BusException("the signature of its checkpoint is not good: " + key + " did not sign this");
        }
        byte[] root;
        try {
            root = inclusion.root(stored.hash());
        } catch (IllegalArgumentException e) {
            throw new BusException(String.valueOf(e.getMessage()), e);
        }
        if (!Arrays.equals(root, checkpoint.root())) {
            throw new BusException("its event is not in the signed log at index " + inclusion.index());
        }
        Event event = EventLine.parse(line);
        long seq = inclusion.index() + 1;
        if (stored.seq() != seq
                || event.seq() != seq
                || !event.origin().equals(checkpoint.origin())
                || !event.hash().equals(HexFormat.of().formatHex(stored.hash()))) {
            throw new BusException(
                    "its event says of itself that it is another than event " + seq + " of " + checkpoint.origin());
        }
        return new Proven(event, checkpoint.size(), checkpoint.root(), key);
    }

    private static InclusionProof inclusion(long index, long size, List<byte[]> path) {
        try {
            return new InclusionProof(index, size, path);
        } catch (IllegalArgumentException e) {
            throw new BusException(String.valueOf(e.getMessage()), e);
        }
    }

    private static String utf8(byte[] file) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(file))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BusException("it is not UTF-8 text", e);
        }
    }

    private static byte[] bytes(String base64, int number) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new BusException("line " + number + " is not base64", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
