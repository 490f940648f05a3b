package mirror.pulse.supervise;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells when processes end that are no children of this one. On Linux one thread waits for descriptors of processes (pidfd_open(2), from
 * 5.3 on) in epoll(7): an end is heard of at once, nothing is polled, and a number that the system gives to somebody else meanwhile does
 * not matter. Elsewhere, and where that fails, it is the JDK that looks from time to time ({@link #isPolled}).
 *
 * <p>Thread-safe.
 */
final class Ends {
    private static final long PIDFD_OPEN = 434;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLLIN = 1;
    private static final int MOST = 64;

    private final @Nullable Native system;
    private final Map<Integer, Runnable> waiting = new ConcurrentHashMap<>();
    private final int epoll;

    /** The system's functions; epoll_event is packed on x86-64 and nowhere else. */
    private record Native(
            MethodHandle syscall, MethodHandle control, MethodHandle await, MethodHandle close, int size, int data) {
        static @Nullable Native find() {
            if (!System.getProperty("os.name", "").startsWith("Linux")) {
                return null;
            }
            boolean packed = System.getProperty("os.arch", "").matches("amd64|x86_64");
            Linker linker = Linker.nativeLinker();
            return new Native(
                    handle(
                            linker,
                            "syscall",
                            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                            Linker.Option.firstVariadicArg(1)),
                    handle(linker, "epoll_ctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS)),
                    handle(
                            linker,
                            "epoll_wait",
                            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT)),
                    handle(linker, "close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
                    packed ? 12 : 16,
                    packed ? 4 : 8);
        }

        @SuppressWarnings("restricted")
        private static MethodHandle handle(
                Linker linker, String name, FunctionDescriptor function, Linker.Option... options) {
            return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), function, options);
        }
    }

    Ends() {
        Native found = Native.find();
        int descriptor = -1;
        if (found != null) {
            Linker linker = Linker.nativeLinker();
            try {
                descriptor = (int) Native.handle(linker, "epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT))
                        .invokeExact(0x80000);
            } catch (Throwable e) {
                descriptor = -1;
            }
        }
        this.system = descriptor < 0 ? null : found;
        this.epoll = descriptor;
        if (system != null) {
            Native own = system;
            Thread.ofPlatform().daemon(true).name("process-ends").start(() -> await(own));
        }
    }

    /** Whether ends are found out by looking from time to time. */
    boolean isPolled() {
        return system == null;
    }

    /**
     * Calls once when the process ends; at once when it has ended.
     *
     * @param key of {@link Proc#key}: another process of this number is not the one that is meant
     */
    void await(long pid, String key, Proc proc, Runnable ended) {
        int descriptor = system == null ? -1 : open(system, pid);
        // What the descriptor stands for now is looked at after it was opened, so it cannot be somebody else's.
        if (!proc.key(pid).equals(key)) {
            close(descriptor);
            ended.run();
        } else if (descriptor < 0 || system == null) {
            poll(pid, ended);
        } else {
            waiting.put(descriptor, ended);
            if (!add(system, descriptor)) {
                waiting.remove(descriptor);
                close(descriptor);
                poll(pid, ended);
            }
        }
    }

    private static void poll(long pid, Runnable ended) {
        ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
        if (handle == null) {
            ended.run();
        } else {
            CompletableFuture<Void> _ = handle.onExit().thenRun(ended);
        }
    }

    private static int open(Native system, long pid) {
        try {
            return (int) (long) system.syscall.invokeExact(PIDFD_OPEN, pid, 0L);
        } catch (Throwable e) {
            return -1;
        }
    }

    private boolean add(Native system, int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(system.size);
            event.set(ValueLayout.JAVA_INT_UNALIGNED, 0, EPOLLIN);
            event.set(JAVA_LONG_UNALIGNED, system.data, descriptor);
            return (int) system.control.invokeExact(epoll, EPOLL_CTL_ADD, descriptor, event) == 0;
        } catch (Throwable e) {
            return false;
        }
    }

    private void close(int descriptor) {
        if (descriptor >= 0 && system != null) {
            try {
                int _ = (int) system.close.invokeExact(descriptor);
            } catch (Throwable e) {
                throw new IllegalStateException("close of a descriptor failed", e);
            }
        }
    }

    private void await(Native system) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate(JAVA_BYTE, (long) system.size * MOST);
            while (true) {
                int count = (int) system.await.invokeExact(epoll, events, MOST, -1);
                for (int i = 0; i < count; i++) {
                    int descriptor = (int) events.get(JAVA_LONG_UNALIGNED, (long) i * system.size + system.data);
                    Runnable ended = waiting.remove(descriptor);
                    // Closing takes it out of epoll, too.
                    close(descriptor);
                    if (ended != null) {
                        ended.run();
                    }
                }
            }
        } catch (Throwable e) {
            throw new IllegalStateException("waiting for ends of processes failed", e);
        }
    }

    /** The thread goes with the daemon; nobody is called any more. */
    void close() {
        waiting.clear();
    }
}
