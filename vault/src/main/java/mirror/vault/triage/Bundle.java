package mirror.vault.triage;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import mirror.bus.AtomicFiles;

/**
 * A zip archive, read as what it is: a file that a stranger made. The central directory says what is in it; every word of it is held
 * against the local headers and against the bytes that really come out. Whatever two programs could read in two ways is refused, and
 * always the archive as a whole: half of an archive is nobody's.
 *
 * <p>Assumptions: one disk, no Zip64 (an archive within the limits needs none), names in UTF-8, entries stored or deflated. The bytes
 * of entries do not overlap, so what is inflated is bounded by the archive's size and the ratio. An archive inside an archive stays a
 * file; it is looked through, and one that holds a third is refused.
 *
 * <p>Must never: write, follow a link, believe a size. Not thread-safe.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">APPNOTE.TXT, the format</a>
 */
final class Bundle implements Closeable {
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_SIZE = 22;
    private static final int COMMENT = 0xffff;
    /** For a central directory: 20,000 entries with names and extras of three kilobytes. */
    private static final long DIRECTORY = 64L << 20;

    /** Below this size an entry may shrink as far as it likes: a page of blanks is no bomb. */
    private static final long SMALL = 1 << 20;

    private static final int DEEPEST = 64;
    private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;
    private static final int DESCRIPTOR = 1 << 3;
    private static final int FILE_TYPE = 0170000;
    private static final Set<Integer> ORDINARY = Set.of(0, 0100000, 0040000);

    private final Path file;
    private final Limits limits;
    private final FileChannel channel;
    private final long length;

    /**
     * What is unpacked at most.
     *
     * @param bytes of all files together, those of archives inside included
     * @param ratio of bytes that come out to bytes that went in: of the whole, and of each entry of more than 1 MiB
     */
    record Limits(int entries, long bytes, int ratio) {
        static final Limits STANDARD = new Limits(20_000, 2L << 30, 100);
    }

    /**
     * What is in an archive that holds.
     *
     * @param sha256 of the archive itself
     * @param bytes of all files, unpacked
     */
    record Survey(String sha256, int files, long bytes) {}

    /** The archive is not unpacked; the message says why, in words that follow its name. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** Takes what comes out, in the archive's order; folders that no entry names are not told. */
    interface Sink {
        void folder(String path) throws IOException;

        /** @param bytes to be read to their end; only then is it known that they are right */
        void file(String path, InputStream bytes) throws IOException;
    }

    /** @param start where its header begins */
    private record Item(String path, boolean folder, boolean deflated, long start, long packed, long size, long crc) {}

    private Bundle(Path file, Limits limits, FileChannel channel) throws IOException {
        this.file = file;
        this.limits = limits;
        this.channel = channel;
        this.length = channel.size();
    }

    static Bundle open(Path file, Limits limits) throws IOException {
        FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        try {
            return new Bundle(file, limits, channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Proves the whole archive: its structure, each byte that comes out, and what archives inside hold. */
    Survey survey() throws IOException {
        return read(new Sink() {
            private long inner;
            private int entries;

            @Override
            public void folder(String path) {}

            @Override
            public void file(String path, InputStream bytes) throws IOException {
                if (isArchive(path)) {
                    look(path, bytes);
                }
                bytes.transferTo(java.io.OutputStream.nullOutputStream());
            }

            private void look(String path, InputStream bytes) throws IOException {
                byte[] buffer = new byte[64 * 1024];
                // Not closed: the bytes behind the last entry are read too.
                ZipInputStream zip = new ZipInputStream(bytes);
                try {
                    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                        if (isArchive(entry.getName())) {
                            throw new Refused("holds an archive in an archive in an archive: " + path);
                        }
                        if (++entries > limits.entries) {
                            throw new Refused("holds archives with more than " + limits.entries + " entries");
                        }
                        for (int n = zip.read(buffer); n >= 0; n = zip.read(buffer)) {
                            inner += n;
                            if (inner > limits.bytes || (inner > SMALL && inner / limits.ratio > length)) {
                                throw new Refused("holds an archive that unpacks to too much: " + path);
                            }
                        }
                    }
                } catch (java.util.zip.ZipException | java.io.EOFException | IllegalArgumentException e) {
                    throw new Refused("holds an archive that cannot be looked into: " + path);
                }
            }
        });
    }

    /** Hands out everything in it. On an exception what the sink was given before is worth nothing. */
    Survey read(Sink sink) throws IOException {
        String before = digest();
        List<Item> items = directory();
        int files = 0;
        long bytes = 0;
        for (Item item : items) {
            if (item.folder) {
                sink.folder(item.path);
                continue;
            }
            try (Content content = new Content(item)) {
                sink.file(item.path, content);
                content.finish();
            }
            files++;
            bytes += item.size;
        }
        if (!digest().equals(before)) {
            throw new Refused("changed while it was read");
        }
        return new Survey(before, files, bytes);
    }

    private static boolean isArchive(String path) {
        return path.toLowerCase(Locale.ROOT).endsWith(".zip");
    }

    private String digest() throws IOException {
        MessageDigest digest = AtomicFiles.sha256();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        for (long at = 0; at < length; at += buffer.limit()) {
            buffer.clear();
            if (channel.read(buffer, at) <= 0) {
                throw new Refused("became shorter while it was read");
            }
            buffer.flip();
            digest.update(buffer.duplicate());
        }
        if (channel.size() != length) {
            throw new Refused("became longer while it was read");
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    // ---- the directory

    private List<Item> directory() throws IOException {
        long end = end();
        ByteBuffer tail = bytes(end, END_SIZE);
        int count = Short.toUnsignedInt(tail.getShort(10));
        long size = Integer.toUnsignedLong(tail.getInt(12));
        long start = Integer.toUnsignedLong(tail.getInt(16));
        if (tail.getShort(4) != 0 || tail.getShort(6) != 0 || tail.getShort(8) != tail.getShort(10)) {
            throw new Refused("is a part of an archive on several disks");
        }
        if (count == 0xffff || start == 0xffffffffL || size == 0xffffffffL) {
            throw new Refused("is a Zip64 archive, which nothing within the limits needs to be");
        }
        if (count > limits.entries) {
            throw new Refused("has " + count + " entries; " + limits.entries + " are the limit");
        }
        if (start + size != end || size > DIRECTORY) {
            throw new Refused("has a directory that is not where it says");
        }
        ByteBuffer directory = bytes(start, (int) size);
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(item(directory, start));
        }
        if (directory.hasRemaining()) {
            throw new Refused("has more in its directory than it counts");
        }
        amounts(items);
        overlaps(items, start);
        collisions(items);
        return items;
    }

    /** Where the record at the end begins: the one whose comment ends with the file, and there must be only one. */
    private long end() throws IOException {
        int span = (int) Math.min(length, END_SIZE + COMMENT);
        if (span < END_SIZE) {
            throw new Refused("is too short for an archive");
        }
        ByteBuffer last = bytes(length - span, span);
        long found = -1;
        for (int at = span - END_SIZE; at >= 0; at--) {
            if (last.getInt(at) == END && at + END_SIZE + Short.toUnsignedInt(last.getShort(at + 20)) == span) {
                if (found >= 0) {
                    throw new Refused("has two ends, and could be read in two ways");
                }
                found = length - span + at;
            }
        }
        if (found < 0) {
            throw new Refused("is cut off or no archive: its end is missing");
        }
        return found;
    }

    private Item item(ByteBuffer directory, long limit) throws IOException {
        if (directory.remaining() < 46 || directory.getInt(directory.position()) != CENTRAL) {
            throw new Refused("has a damaged directory");
        }
        int at = directory.position();
        int madeBy = directory.getShort(at + 4) >> 8 & 0xff;
        int flags = Short.toUnsignedInt(directory.getShort(at + 8));
        int method = Short.toUnsignedInt(directory.getShort(at + 10));
        long crc = Integer.toUnsignedLong(directory.getInt(at + 16));
        long packed = Integer.toUnsignedLong(directory.getInt(at + 20));
        long size = Integer.toUnsignedLong(directory.getInt(at + 24));
        int nameLength = Short.toUnsignedInt(directory.getShort(at + 28));
        int rest = Short.toUnsignedInt(directory.getShort(at + 30)) + Short.toUnsignedInt(directory.getShort(at + 32));
        int mode = directory.getInt(at + 38) >>> 16;
        long start = Integer.toUnsignedLong(directory.getInt(at + 42));
        if (directory.remaining() < 46 + nameLength + rest) {
            throw new Refused("has a damaged directory");
        }
        byte[] raw = new byte[nameLength];
        directory.position(at + 46).get(raw);
        directory.position(at + 46 + nameLength + rest);
        String path = name(raw);
        boolean folder = path.endsWith("/");
        if ((flags & ENCRYPTED) != 0) {
            throw new Refused("is encrypted (" + path + ")");
        }
        if (method != 0 && method != 8) {
            throw new Refused("is packed in a way that is not read here (method " + method + ", " + path + ")");
        }
        int type = mode & FILE_TYPE;
        if (!ORDINARY.contains(type) || (type == 0040000 && !folder) || (type == 0100000 && folder)) {
            // Whatever system it says it was made on: some unpackers look at these bits alone.
            throw new Refused((type == 0120000 ? "holds a link (" : "holds what is neither file nor folder (") + path
                    + ", made by " + madeBy + ")");
        }
        if (start == 0xffffffffL || packed == 0xffffffffL || size == 0xffffffffL) {
            throw new Refused("is a Zip64 archive, which nothing within the limits needs to be");
        }
        if ((folder && size != 0) || (method == 0 && packed != size)) {
            throw new Refused("says of " + path + " what cannot be");
        }
        ByteBuffer local = start + 30 > limit ? null : bytes(start, 30);
        if (local == null || local.getInt(0) != LOCAL) {
            throw new Refused("has no entry where its directory says (" + path + ")");
        }
        int localName = Short.toUnsignedInt(local.getShort(26));
        int localFlags = Short.toUnsignedInt(local.getShort(6));
        boolean later = (localFlags & DESCRIPTOR) != 0;
        if (localName != nameLength
                || start + 30 + localName > limit
                || !java.util.Arrays.equals(raw, bytes(start + 30, localName).array())
                || Short.toUnsignedInt(local.getShort(8)) != method
                || (localFlags & ENCRYPTED) != 0
                || (!later
                        && (Integer.toUnsignedLong(local.getInt(14)) != crc
                                || Integer.toUnsignedLong(local.getInt(18)) != packed
                                || Integer.toUnsignedLong(local.getInt(22)) != size))) {
            throw new Refused("says two things of " + path);
        }
        return new Item(
                folder ? path.substring(0, path.length() - 1) : path, folder, method == 8, start, packed, size, crc);
    }

    private static String name(byte[] raw) throws Refused {
        String name;
        try {
            name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(raw))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Refused("has a name that is not UTF-8; pack it again with a program of today");
        }
        if (name.codePoints().anyMatch(Names::isHostile)) {
            throw new Refused("has a name with control characters or backslashes");
        }
        String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        String shown = name.length() <= 200 ? name : name.substring(0, 200) + "\u2026";
        if (name.startsWith("/") || name.matches("(?s)[A-Za-z]:.*")) {
            throw new Refused("has an absolute path (" + shown + ")");
        }
        String[] parts = path.split("/", -1);
        if (parts.length > DEEPEST) {
            throw new Refused("has folders nested deeper than " + DEEPEST);
        }
        for (String part : parts) {
            if (part.equals("..")) {
                throw new Refused("has a path that leads out of it (" + shown + ")");
            }
            if (part.isBlank() || part.equals(".") || part.getBytes(StandardCharsets.UTF_8).length > Names.LONGEST) {
                throw new Refused("has a name that no file can have (" + shown + ")");
            }
        }
        return name;
    }

    private void amounts(List<Item> items) throws Refused {
        long bytes = 0;
        for (Item item : items) {
            bytes += item.size;
            if (item.size > SMALL && item.size / limits.ratio > item.packed) {
                throw new Refused("unpacks to more than " + limits.ratio + " times its size (" + item.path + ")");
            }
        }
        if (bytes > limits.bytes) {
            throw new Refused("unpacks to " + bytes + " bytes; " + limits.bytes + " are the limit");
        }
        if (bytes > SMALL && bytes / limits.ratio > length) {
            throw new Refused("unpacks to more than " + limits.ratio + " times its size");
        }
    }

    private void overlaps(List<Item> items, long limit) throws IOException {
        long free = 0;
        for (Item item :
                items.stream().sorted(Comparator.comparingLong(Item::start)).toList()) {
            if (item.start < free) {
                throw new Refused("has entries that overlap (" + item.path + ")");
            }
            free = data(item) + item.packed;
            if (free > limit) {
                throw new Refused("has an entry that goes beyond its end (" + item.path + ")");
            }
        }
    }

    /** Two names that are one file on some system, or a file that is a folder too. */
    private static void collisions(List<Item> items) throws Refused {
        Map<String, String> seen = new HashMap<>();
        for (Item item : items) {
            if (seen.putIfAbsent(key(item.path), (item.folder ? "/" : "") + item.path) != null) {
                throw new Refused("has two entries for one name (" + item.path + ")");
            }
        }
        Map<String, String> spellings = new HashMap<>();
        for (Item item : items) {
            for (int slash = item.path.indexOf('/'); slash >= 0; slash = item.path.indexOf('/', slash + 1)) {
                String folder = item.path.substring(0, slash);
                String there = seen.get(key(folder));
                if (there != null && !there.equals("/" + folder)) {
                    throw new Refused("has two entries for one name (" + folder + ")");
                }
                if (!spellings.computeIfAbsent(key(folder), _ -> folder).equals(folder)) {
                    throw new Refused("has two spellings of one folder (" + folder + ")");
                }
            }
        }
    }

    private static String key(String path) {
        return Normalizer.normalize(path, Normalizer.Form.NFC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
    }

    // ---- the bytes

    private long data(Item item) throws IOException {
        ByteBuffer local = bytes(item.start, 30);
        return item.start + 30 + Short.toUnsignedInt(local.getShort(26)) + Short.toUnsignedInt(local.getShort(28));
    }

    private ByteBuffer bytes(long at, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new Refused("is cut off");
            }
        }
        return buffer.flip();
    }

    /** The bytes of one entry; ends with an exception unless they are as many as was said, with the check sum that was said. */
    private final class Content extends InputStream {
        private final Item item;
        private final Inflater inflater = new Inflater(true);
        private final CRC32 crc = new CRC32();
        private final byte[] one = new byte[1];
        private long at;
        private long packed;
        private long read;

        Content(Item item) throws IOException {
            this.item = item;
            this.at = data(item);
            this.packed = item.packed;
        }

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            int n = item.deflated ? inflate(into, offset, count) : stored(into, offset, count);
            if (n > 0) {
                read += n;
                crc.update(into, offset, n);
                if (read > item.size) {
                    throw new Refused("unpacks to more than it says (" + item.path + ")");
                }
            }
            return n;
        }

        private int stored(byte[] into, int offset, int count) throws IOException {
            if (packed == 0) {
                return -1;
            }
            byte[] next = next((int) Math.min(count, packed));
            System.arraycopy(next, 0, into, offset, next.length);
            return next.length;
        }

        private int inflate(byte[] into, int offset, int count) throws IOException {
            try {
                while (true) {
                    int n = inflater.inflate(into, offset, count);
                    if (n > 0) {
                        return n;
                    }
                    if (inflater.finished()) {
                        return -1;
                    }
                    if (inflater.needsDictionary() || packed == 0) {
                        throw new Refused("has an entry that is cut off (" + item.path + ")");
                    }
                    inflater.setInput(next((int) Math.min(64 * 1024, packed)));
                }
            } catch (DataFormatException e) {
                throw new Refused("has a damaged entry (" + item.path + ")");
            }
        }

        private byte[] next(int count) throws IOException {
            byte[] next = bytes(at, count).array();
            at += count;
            packed -= count;
            return next;
        }

        /** What the sink left unread is read, and all of it held against what was said. */
        void finish() throws IOException {
            transferTo(java.io.OutputStream.nullOutputStream());
            if (read != item.size || packed != 0 || inflater.getRemaining() != 0) {
                throw new Refused("says a wrong size of " + item.path);
            }
            if (crc.getValue() != item.crc) {
                throw new Refused("has a damaged entry (" + item.path + ")");
            }
        }

        @Override
        public void close() {
            inflater.end();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
