package mirror.bus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Moves what a crash tore off to {@code torn/}, byte for byte, before the chain is cut to its last good line. */
final class TornTail {
    private TornTail() {}

    /** Copies first, flushes, and only then cuts: a crash in between leaves the tail twice, never lost. */
    static Path moveAside(Storage storage, Path torn, Path chain, ChainWalk.Tear tear) throws IOException {
        storage.createDirectories(torn);
        Path target = free(storage, torn, chain.getFileName() + (tear.seq() == 0 ? "-checkpoint" : "-" + tear.seq()));
        List<Path> segments = Segment.files(storage, chain);
        int at = segments.indexOf(tear.file());
        List<Path> affected = at < 0 ? List.of(tear.file()) : segments.subList(at, segments.size());
        try (Storage.Appender out = storage.append(target)) {
            for (Path file : affected) {
                copy(storage, file, file.equals(tear.file()) ? tear.offset() : 0, out);
            }
            out.force();
        }
        storage.forceDirectory(torn);
        for (Path file : affected.reversed()) {
            try (Storage.Appender cut = storage.append(file)) {
                cut.truncate(file.equals(tear.file()) ? tear.offset() : 0);
                cut.force();
            }
        }
        return target;
    }

    private static Path free(Storage storage, Path directory, String name) {
        for (int i = 1; ; i++) {
            Path file = directory.resolve(name + "-" + i);
            if (!storage.exists(file)) {
                return file;
            }
        }
    }

    static void copy(Storage storage, Path file, long from, Storage.Appender out) throws IOException {
        byte[] bytes = new byte[64 * 1024];
        try (Storage.Reader in = storage.read(file)) {
            for (long at = from; ; ) {
                int read = in.read(at, bytes, 0, bytes.length);
                if (read <= 0) {
                    return;
                }
                out.write(ByteBuffer.wrap(bytes, 0, read));
                at += read;
            }
        }
    }
}
