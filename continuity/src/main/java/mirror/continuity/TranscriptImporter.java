package mirror.continuity;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import mirror.bus.AtomicFiles;
import mirror.bus.BlobRef;
import mirror.bus.Projector;
import org.jspecify.annotations.Nullable;

/**
 * Takes the transcripts that a client wrote in as evidence: the bytes of each file go into the blob store, one event records it. The
 * files are only read, never through a link. Taking in the same bytes again changes nothing, so that whatever ended an import, the next
 * one goes on where it was. Thread-safe; callers let one import run at a time, or the same file may be recorded twice.
 */
public final class TranscriptImporter {
    private static final int DEPTH = 16;

    private final Projector projector;
    private final Imports imports;

    public TranscriptImporter(Projector projector, Imports imports) {
        this.projector = projector;
        this.imports = imports;
    }

    /**
     * A transcript that was found.
     *
     * @param bytes how many it had then; what is written to it later is for the next import
     */
    public record Found(Path file, long bytes) {}

    /**
     * What a folder holds.
     *
     * @param found the transcripts, by path
     * @param passed what was passed over, each with its reason as a sentence
     */
    public record Survey(List<Found> found, List<String> passed) {
        public long bytes() {
            return found.stream().mapToLong(Found::bytes).sum();
        }
    }

    /** What became, or would become, of a file. */
    public enum Outcome {
        /** Not known before. */
        NEW,
        /** Begins with what was taken in before, and has more. */
        GREW,
        /** Does not begin with what was taken in before. */
        REWRITTEN,
        /** These bytes were taken in before. */
        KNOWN
    }

    /**
     * Looks for transcripts.
     *
     * @throws IOException when the folder itself cannot be read
     */
    public Survey survey(TranscriptFormat format, Path folder) throws IOException {
        Path root = folder.toRealPath();
        List<Found> found = new ArrayList<>();
        List<String> passed = new ArrayList<>();
        FileVisitor<Path> visitor = new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isSymbolicLink()) {
                    passed.add(file + " is a link to " + Files.readSymbolicLink(file) + " and is not followed");
                } else if (format.isTranscript(file)) {
                    if (attributes.isRegularFile()) {
                        found.add(new Found(file, attributes.size()));
                    } else {
                        passed.add(file + " is no ordinary file");
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                passed.add(file + " cannot be read: " + reason(e));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) {
                if (e != null) {
                    passed.add(folder + " cannot be read to its end: " + reason(e));
                }
                return FileVisitResult.CONTINUE;
            }
        };
        Files.walkFileTree(root, Set.of(), DEPTH, visitor);
        found.sort(Comparator.comparing(Found::file));
        return new Survey(found, passed);
    }

    /** A file system's exception in a word: its message is often only the path. */
    public static String reason(IOException e) {
        return e instanceof AccessDeniedException
                ? "permission denied"
                : e.getClass().getSimpleName() + " " + e.getMessage();
    }

    /**
     * Takes one file in, unless its bytes are known.
     *
     * @param read hears of every number of bytes that was dealt with
     * @throws IOException when the file cannot be read, or its bytes not be stored; nothing is recorded then
     */
    public Outcome take(TranscriptFormat format, Found found, LongConsumer read) throws IOException {
        if (imports.hasSize(found.bytes()) && imports.of(digest(found)).isPresent()) {
            read.accept(found.bytes());
            return Outcome.KNOWN;
        }
        String path = found.file().toString();
        Import previous = imports.newest(format, path).orElse(null);
        TranscriptReader reader = format.reader(found.file());
        BlobRef blob;
        Tee tee = new Tee(open(found), reader, previous == null ? 0 : previous.bytes(), read);
        try (tee) {
            blob = projector.log().blobs().put(tee);
        }
        if (imports.of(blob.hash()).isPresent()) {
            return Outcome.KNOWN;
        }
        boolean extended = previous != null && tee.beginsWith(previous);
        projector.record(Imports.draft(format, path, blob.hash(), blob.bytes(), previous, extended, reader.end()));
        return outcome(previous, extended);
    }

    /** What {@link #take} would do with the file; nothing is stored or recorded. */
    public Outcome tryOut(TranscriptFormat format, Found found) throws IOException {
        if (imports.hasSize(found.bytes()) && imports.of(digest(found)).isPresent()) {
            return Outcome.KNOWN;
        }
        Optional<Import> previous = imports.newest(format, found.file().toString());
        if (previous.isEmpty()) {
            return Outcome.NEW;
        }
        Tee tee =
                new Tee(open(found), format.reader(found.file()), previous.get().bytes(), _ -> {});
        try (tee) {
            tee.transferTo(OutputStream.nullOutputStream());
        }
        return outcome(previous.get(), tee.beginsWith(previous.get()));
    }

    private static Outcome outcome(@Nullable Import previous, boolean extended) {
        if (previous == null) {
            return Outcome.NEW;
        }
        return extended ? Outcome.GREW : Outcome.REWRITTEN;
    }

    private static InputStream open(Found found) throws IOException {
        // Between the survey and now a link may have been put into the file's place.
        BasicFileAttributes now =
                Files.readAttributes(found.file(), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!now.isRegularFile()) {
            throw new IOException(found.file() + " is no ordinary file any more");
        }
        return new Head(Files.newInputStream(found.file(), LinkOption.NOFOLLOW_LINKS), found.bytes());
    }

    private static String digest(Found found) throws IOException {
        try (InputStream in = open(found)) {
            return AtomicFiles.digest(in);
        }
    }

    /** A stream that is read in pieces; a single byte is a piece of one. */
    private abstract static class Pieces extends FilterInputStream {
        Pieces(InputStream in) {
            super(in);
        }

        @Override
        public final int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public abstract int read(byte[] into, int offset, int length) throws IOException;
    }

    /** The first bytes of a stream: a session that is still being written would otherwise have no end. */
    private static final class Head extends Pieces {
        private long left;

        Head(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = in.read(into, offset, (int) Math.min(length, left));
            left -= Math.max(0, n);
            return n;
        }
    }

    /** Shows the bytes on their way to the reader of the transcript, and digests as many as the version before had. */
    private static final class Tee extends Pieces {
        private final TranscriptReader reader;
        private final LongConsumer read;
        private final MessageDigest prefix = AtomicFiles.sha256();
        private long left;

        Tee(InputStream in, TranscriptReader reader, long prefix, LongConsumer read) {
            super(in);
            this.reader = reader;
            this.left = prefix;
            this.read = read;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int n = in.read(into, offset, length);
            if (n > 0) {
                reader.accept(into, offset, n);
                int before = (int) Math.min(left, n);
                prefix.update(into, offset, before);
                left -= before;
                read.accept(n);
            }
            return n;
        }

        /** Whether all bytes of the version before went by first; asked once, after the last byte. */
        boolean beginsWith(Import previous) {
            return left == 0 && HexFormat.of().formatHex(prefix.digest()).equals(previous.sha256());
        }
    }
}
