package mirror.pulse.supervise;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * Lets what is started from here hear INT and QUIT. Whatever a shell puts into the background has them ignored, as the daemon is, and every program
 * that it starts inherits that, which no script can undo. A handler is not inherited: so where a signal is ignored, a function without any
 * effect handles it from now on, and this process goes on as if it were ignored.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html">POSIX, Shell Command Language, 2.12 Signals and Error
 *     Handling</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/signal.7.html">signal(7)</a>
 */
final class IgnoredSignals {
    private static final int INT = 2;
    private static final int QUIT = 3;
    private static final long IGNORED = 1;

    /** More than any system's {@code struct sigaction}; the handler stands first in all of them. */
    private static final int ROOM = 512;

    private IgnoredSignals() {}

    static void handle() {
        handle(INT);
        handle(QUIT);
    }

    static boolean isIgnored(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment now = arena.allocate(ROOM, 16);
            MethodHandle sigaction = function("sigaction", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
            int failed = (int) sigaction.invokeExact(signal, MemorySegment.NULL, now);
            return failed == 0 && now.get(JAVA_LONG, 0) == IGNORED;
        } catch (Throwable e) {
            throw new IllegalStateException("this system does not say which signals are ignored", e);
        }
    }

    private static void handle(int signal) {
        if (!isIgnored(signal)) {
            return;
        }
        try {
            // What abs(3) makes of the signal's number is nobody's concern.
            MemorySegment nothing = Linker.nativeLinker().defaultLookup().findOrThrow("abs");
            MemorySegment _ = (MemorySegment) function("signal", FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS))
                    .invokeExact(signal, nothing);
        } catch (Throwable e) {
            throw new IllegalStateException("signal " + signal + " cannot be handled", e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor form) {
        SymbolLookup library = Linker.nativeLinker().defaultLookup();
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), form);
    }
}
