package mirror.vault.embed;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mirror.bus.AtomicFiles;

/**
 * Cuts a text into pieces that the model reads whole: it drops what comes after 128 pieces without a word. Every character that says
 * something is in exactly one chunk. A cut is made at a heading or an empty line where one is near, else at a line's end, a
 * sentence's, a word's. Each chunk begins with the text's title again, because what follows it on the third page is about it still.
 *
 * <p>What only makes Markdown look as it does (table lines, fences, the address of a link) is not read. Immutable, thread-safe.
 */
public final class Chunker {
    /** The most pieces that the model reads, its two marks among them. */
    static final int MOST = 128;

    private static final int ROOM = MOST - 2;
    private static final int TITLE = 24;

    private final WordPiece words;

    Chunker(WordPiece words) {
        this.words = words;
    }

    /**
     * A part of a text.
     *
     * @param start index of its first character
     * @param end index after its last
     * @param ids of its pieces as the model reads them
     */
    public record Chunk(int start, int end, int[] ids) {
        /** SHA-256 over what the model reads and which model it is: the same key, the same vector. */
        public byte[] key() {
            MessageDigest digest = AtomicFiles.sha256();
            digest.update(Embedder.MODEL.getBytes(StandardCharsets.US_ASCII));
            ByteBuffer bytes = ByteBuffer.allocate(ids.length * Integer.BYTES);
            for (int id : ids) {
                bytes.putInt(id);
            }
            return digest.digest(bytes.array());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Chunk chunk
                    && start == chunk.start
                    && end == chunk.end
                    && Arrays.equals(ids, chunk.ids);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(ids);
        }
    }

    /** Where a text may be cut, the better the higher. */
    private static final byte WITHIN = 0;

    private static final byte WORD = 1;
    private static final byte SENTENCE = 2;
    private static final byte LINE = 3;
    private static final byte PARAGRAPH = 4;
    private static final byte SECTION = 5;

    /** All pieces of a text. */
    private static final class Pieces {
        int[] ids = new int[256];
        int[] starts = new int[256];
        int[] ends = new int[256];
        /** How good it is to cut before this piece. */
        byte[] cuts = new byte[256];

        int count;
        byte next = SECTION;

        void add(int id, int start, int end, boolean isFirst) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, count * 2);
                starts = Arrays.copyOf(starts, count * 2);
                ends = Arrays.copyOf(ends, count * 2);
                cuts = Arrays.copyOf(cuts, count * 2);
            }
            ids[count] = id;
            starts[count] = start;
            ends[count] = end;
            cuts[count++] = isFirst ? next : WITHIN;
            next = WORD;
        }
    }

    /**
     * @param text whole
     * @param from index of the first character to read, after the front matter
     * @param title what the text is about, or empty
     */
    public List<Chunk> chunks(String text, int from, String title) {
        Pieces pieces = pieces(text, from);
        int[] head = head(title);
        List<Chunk> chunks = new ArrayList<>();
        for (int at = 0; at < pieces.count; ) {
            boolean titled = startsWith(pieces, at, head);
            int room = titled ? ROOM : ROOM - head.length;
            int end = end(pieces, at, room);
            chunks.add(new Chunk(
                    pieces.starts[at],
                    pieces.ends[end - 1],
                    framed(titled ? new int[0] : head, Arrays.copyOfRange(pieces.ids, at, end))));
            at = end;
        }
        return chunks;
    }

    /** A question, of which the model reads as much as it can. */
    public int[] question(String text) {
        Pieces pieces = new Pieces();
        words.pieces(text, 0, text.length(), (id, start, end, isFirst) -> {
            pieces.add(id, start, end, isFirst);
            return pieces.count < ROOM;
        });
        return framed(new int[0], Arrays.copyOf(pieces.ids, pieces.count));
    }

    private int[] head(String title) {
        Pieces pieces = new Pieces();
        words.pieces(title, 0, title.length(), (id, start, end, isFirst) -> {
            pieces.add(id, start, end, isFirst);
            return pieces.count < TITLE;
        });
        return Arrays.copyOf(pieces.ids, pieces.count);
    }

    private static boolean startsWith(Pieces pieces, int at, int[] head) {
        return Arrays.equals(pieces.ids, at, Math.min(at + head.length, pieces.count), head, 0, head.length);
    }

    private static int end(Pieces pieces, int at, int room) {
        if (pieces.count - at <= room) {
            return pieces.count;
        }
        int best = at + room;
        for (int i = at + room; i > at + room / 2; i--) {
            if (pieces.cuts[i] > pieces.cuts[best]) {
                best = i;
            }
        }
        return best;
    }

    private static int[] framed(int[] head, int[] body) {
        int[] ids = new int[head.length + body.length + 2];
        ids[0] = WordPiece.CLS;
        System.arraycopy(head, 0, ids, 1, head.length);
        System.arraycopy(body, 0, ids, 1 + head.length, body.length);
        ids[ids.length - 1] = WordPiece.SEP;
        return ids;
    }

    private Pieces pieces(String text, int from) {
        Pieces pieces = new Pieces();
        int start = from;
        while (start < text.length()) {
            int end = start;
            while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
                end++;
            }
            line(text, start, end, pieces);
            start = end + 1;
        }
        return pieces;
    }

    private void line(String text, int from, int to, Pieces pieces) {
        int start = from;
        while (start < to && (isMark(text.charAt(start)) || text.charAt(start) == '>')) {
            start++;
        }
        boolean heading = text.startsWith("#", from);
        byte cut = start == to ? PARAGRAPH : heading ? SECTION : LINE;
        pieces.next = (byte) Math.max(pieces.next, cut);
        int at = start;
        while (at < to) {
            int stop = at;
            while (stop < to && !isMark(text.charAt(stop))) {
                stop++;
            }
            word(text, at, stop, pieces);
            boolean ends = stop > at && ".!?".indexOf(text.charAt(stop - 1)) >= 0;
            pieces.next = (byte) Math.max(pieces.next, ends ? SENTENCE : WORD);
            at = stop;
            while (at < to && isMark(text.charAt(at))) {
                at++;
            }
        }
    }

    /** White space, and what is there to be looked at, not read. */
    private static boolean isMark(char c) {
        return c <= ' ' || c == '|' || c == '#' || c == '*' || c == '`' || c == '\u00a0';
    }

    /** @param from of a run without white space, in which the address of a link may stand */
    private void word(String text, int from, int to, Pieces pieces) {
        int address = text.indexOf("](", from);
        int close = address < 0 || address >= to ? -1 : text.indexOf(')', address);
        if (close >= 0 && close < to) {
            read(text, from, address, pieces);
            read(text, close + 1, to, pieces);
        } else if (isRule(text, from, to)) {
            return;
        } else {
            read(text, from, to, pieces);
        }
    }

    private static boolean isRule(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if ("-:+=~_".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    private void read(String text, int from, int to, Pieces pieces) {
        words.pieces(text, from, to, (id, start, end, isFirst) -> {
            pieces.add(id, start, end, isFirst);
            return true;
        });
    }
}
