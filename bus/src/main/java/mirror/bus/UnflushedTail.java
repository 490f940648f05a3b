package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What becomes of lines whose flush failed. After a failed flush the kernel may hold pages that are not on the disk and call them
 * clean: a second flush would report success and write nothing. So the lines that nobody was told of are copied, after the restart,
 * into a new segment, which is flushed like any other.
 *
 * <p>That it happened is noted in a file {@code unflushed} with the last number known durable. The note is not flushed: it has to
 * live as long as the kernel's pages and no longer, for after a power cut the file shows what is really on the disk.
 */
final class UnflushedTail {
    private static final String NOTE = "unflushed";
    private static final String COPY = "unflushed.tail";

    private UnflushedTail() {}

    static void mark(Storage storage, Path chain, long durable) {
        try (Storage.Appender note = storage.append(chain.resolve(NOTE))) {
            note.truncate(0);
            note.write(ByteBuffer.wrap(Long.toString(durable).getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            // The disk takes nothing more: then it has not taken the lines into pages that outlive this process either.
        }
    }

    /**
     * Writes the unflushed tail anew, if there is one. Copies first, flushes, then cuts, then gives the copy its name: after a crash
     * at any point the next start finishes it.
     *
     * @param last number of the last event that the segments hold
     * @return whether the segments were changed
     */
    static boolean rewrite(Storage storage, Path chain, List<Segment> segments, long last) throws IOException {
        Path note = chain.resolve(NOTE);
        Path copy = chain.resolve(COPY);
        if (!storage.exists(note)) {
            return false;
        }
        String text = new String(ChainWalk.readAll(storage, note, 0), StandardCharsets.US_ASCII);
        long durable = text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
        boolean changed = false;
        if (last > durable && !segments.isEmpty() && Segment.of(segments, durable + 1) == segments.getLast()) {
            Segment segment = segments.getLast();
            long cut = offset(storage, segment, durable + 1);
            try (Storage.Appender out = storage.append(copy)) {
                out.truncate(0);
                TornTail.copy(storage, segment.file(), cut, out);
                out.force();
            }
            storage.forceDirectory(chain);
            try (Storage.Appender old = storage.append(segment.file())) {
                old.truncate(cut);
                old.force();
            }
        }
        if (storage.exists(copy)) {
            storage.rename(copy, next(segments, chain));
            changed = true;
        }
        storage.delete(note);
        storage.forceDirectory(chain);
        return changed;
    }

    private static Path next(List<Segment> segments, Path chain) {
        return chain.resolve(
                "%06d%s".formatted(Segment.number(segments.getLast().file()) + 1, Segment.PLAIN));
    }

    private static long offset(Storage storage, Segment segment, long seq) throws IOException {
        try (Storage.Reader reader = Segment.open(storage, segment.file());
                LineReader lines = new LineReader(reader, Segment.near(reader, segment.end(), seq))) {
            while (lines.next()) {
                if (EventLine.seqOf(lines.array(), lines.from(), lines.to()) >= seq) {
                    return lines.offset();
                }
            }
            return segment.end();
        }
    }
}
