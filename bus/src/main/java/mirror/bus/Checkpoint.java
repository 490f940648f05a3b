package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A signed statement of how long the log was and what its Merkle root was then: a C2SP tlog-checkpoint in a C2SP signed note.
 * The {@code checkpoints} file is a sequence of such notes, each followed by an empty line.
 *
 * @param origin the log's name, first line of the note
 * @param size number of events covered
 * @param root RFC 6962 root over the hashes of events 1 … size, 32 bytes
 * @param signatures what stands in the signature lines
 * @see <a href="https://c2sp.org/tlog-checkpoint">c2sp.org/tlog-checkpoint</a>
 */
record Checkpoint(String origin, long size, byte[] root, List<SignatureLine> signatures) {
    private static final String SIGNATURE_MARK = "\u2014 ";

    /** One signature: the key's name, its 4-byte id, and the signature. */
    record SignatureLine(String name, byte[] keyId, byte[] signature) {
        /** Whether it claims to be by {@code key}; name and id together say which key. */
        boolean isBy(NoteKey key) {
            return name.equals(key.name()) && Arrays.equals(keyId, key.id());
        }
    }

    static Checkpoint sign(String origin, long size, byte[] root, NoteSigner signer) {
        NoteKey key = signer.key(origin);
        byte[] signature = signer.sign(body(origin, size, root).getBytes(StandardCharsets.UTF_8));
        return new Checkpoint(origin, size, root, List.of(new SignatureLine(origin, key.id(), signature)));
    }

    String note() {
        StringBuilder note = new StringBuilder(body(origin, size, root)).append('\n');
        for (SignatureLine line : signatures) {
            byte[] both = Arrays.copyOf(line.keyId, line.keyId.length + line.signature.length);
            System.arraycopy(line.signature, 0, both, line.keyId.length, line.signature.length);
            note.append(SIGNATURE_MARK)
                    .append(line.name)
                    .append(' ')
                    .append(Base64.getEncoder().encodeToString(both))
                    .append('\n');
        }
        return note.toString();
    }

    /** Whether a signature line names {@code key}, be the signature good or not. */
    boolean names(NoteKey key) {
        return signatures.stream().anyMatch(line -> line.isBy(key));
    }

    /** Whether {@code key} signed exactly this, once: a second signature in its name that does not hold makes the note nobody's. */
    boolean signedBy(NoteKey key) {
        byte[] body = body(origin, size, root).getBytes(StandardCharsets.UTF_8);
        return signatures.stream().filter(line -> line.isBy(key)).count() == 1
                && signatures.stream().anyMatch(line -> line.isBy(key) && key.verifies(body, line.signature));
    }

    private static String body(String origin, long size, byte[] root) {
        return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root) + "\n";
    }

    /**
     * What a checkpoints file holds.
     *
     * @param last where the last good note begins
     * @param complete bytes up to the end of the last good note; what follows is what a crash tore off
     * @param problem what is wrong before {@code complete}, or empty
     */
    record File(List<Checkpoint> checkpoints, int last, int complete, String problem) {}

    /**
     * Reads a checkpoints file. Each note is flushed before the next is written, so bytes that are no note are a torn tail when
     * nothing good follows them, and damage otherwise.
     */
    static File parse(byte[] file) {
        List<Checkpoint> checkpoints = new ArrayList<>();
        int last = 0;
        int complete = 0;
        int bad = 0;
        String problem = "";
        int number = 0;
        for (int at = 0; at < file.length; ) {
            int end = blankLine(file, blankLine(file, at));
            if (end < 0) {
                break;
            }
            number++;
            try {
                checkpoints.add(ofNote(new String(file, at, end - 1 - at, StandardCharsets.UTF_8)));
                if (bad > 0) {
                    problem = "checkpoint " + bad + " is not a signed note";
                }
                last = at;
                complete = end;
            } catch (IllegalArgumentException e) {
                bad = bad > 0 ? bad : number;
            }
            at = end;
        }
        return new File(checkpoints, last, complete, problem);
    }

    /** Position after the next empty line, or -1. */
    private static int blankLine(byte[] file, int from) {
        for (int i = Math.max(from, 0) + 1; from >= 0 && i < file.length; i++) {
            if (file[i] == '\n' && file[i - 1] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    /**
     * Reads one note, without the empty line after it.
     *
     * @throws IllegalArgumentException when it is not a checkpoint in the one form that {@link #note} gives back
     */
    static Checkpoint ofNote(String note) {
        List<String> lines = note.lines().toList();
        if (lines.size() < 5 || !lines.get(3).isEmpty()) {
            throw new IllegalArgumentException("it does not have three lines, an empty one and signatures");
        }
        List<SignatureLine> signatures = new ArrayList<>();
        for (String line : lines.subList(4, lines.size())) {
            String[] parts = line.split(" ", -1);
            if (parts.length != 3 || !line.startsWith(SIGNATURE_MARK)) {
                throw new IllegalArgumentException("a signature line has another form");
            }
            byte[] both = Base64.getDecoder().decode(parts[2]);
            if (both.length <= 4) {
                throw new IllegalArgumentException("a signature is too short");
            }
            signatures.add(
                    new SignatureLine(parts[1], Arrays.copyOf(both, 4), Arrays.copyOfRange(both, 4, both.length)));
        }
        byte[] root = Base64.getDecoder().decode(lines.get(2));
        Checkpoint checkpoint = new Checkpoint(lines.get(0), Long.parseLong(lines.get(1)), root, signatures);
        if (root.length != 32 || !checkpoint.note().equals(note)) {
            throw new IllegalArgumentException("it is not in canonical form");
        }
        return checkpoint;
    }
}
