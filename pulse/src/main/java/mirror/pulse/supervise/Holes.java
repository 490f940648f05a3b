package mirror.pulse.supervise;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Files of which the beginning takes no room any more (Linux: fallocate(2), and lseek(2) with SEEK_DATA; ext4, XFS, Btrfs, tmpfs). Elsewhere
 * there are none: nothing is taken out, and every file begins with data. Stateless.
 */
public final class Holes {
    private static final int PUNCH_HOLE = 0x02;
    private static final int KEEP_SIZE = 0x01;
    private static final int O_RDONLY = 0;
    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SEEK_END = 2;
    private static final int SEEK_DATA = 3;

    private Holes() {}

    /** Whether this system may make them. */
    static boolean areHere() {
        return System.getProperty("os.name", "").startsWith("Linux");
    }

    /** Takes the blocks before {@code upto} out of the file, whose length stays; false when that cannot be. */
    static boolean punch(Path file, long upto) {
        return with(
                        file,
                        O_WRONLY,
                        -1L,
                        descriptor -> (int) handle("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG)
                                                .invokeExact(descriptor, PUNCH_HOLE | KEEP_SIZE, 0L, upto)
                                        == 0
                                ? 0L
                                : -1L)
                == 0L;
    }

    /** How many bytes at the beginning of a file take no room, to the file system's block; 0 when that is not known. */
    public static long before(Path file) {
        if (!areHere()) {
            return 0;
        }
        return with(file, O_RDONLY, 0L, descriptor -> {
            MethodHandle seek = handle("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
            long data = (long) seek.invokeExact(descriptor, 0L, SEEK_DATA);
            // Nothing but a hole is an error of this call.
            return data >= 0 ? data : Math.max(0, (long) seek.invokeExact(descriptor, 0L, SEEK_END));
        });
    }

    private interface Use {
        long of(int descriptor) throws Throwable;
    }

    @SuppressWarnings("restricted")
    private static long with(Path file, int how, long otherwise, Use use) {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle open = Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().findOrThrow("open"),
                            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
                            Linker.Option.firstVariadicArg(2));
            MemorySegment name = arena.allocateFrom(file.toString());
            int descriptor = (int) open.invokeExact(name, how | O_CLOEXEC);
            if (descriptor < 0) {
                return otherwise;
            }
            try {
                return use.of(descriptor);
            } finally {
                int _ = (int) handle("close", JAVA_INT, JAVA_INT).invokeExact(descriptor);
            }
        } catch (Throwable e) {
            return otherwise;
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle(
            String function, java.lang.foreign.MemoryLayout result, java.lang.foreign.MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(function),
                        FunctionDescriptor.of(result, arguments));
    }
}
