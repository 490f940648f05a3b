package mirror.pulse.supervise;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** One way to find out whether a service works. */
sealed interface Probe {
    /** Its process is there; costs nothing, as the end of a process is an event. */
    record Running() implements Probe {}

    /** It listens on a TCP port of this machine: not somebody else in its place. */
    record Port(int port) implements Probe {}

    /** An address on this machine answers with this status, or with any from 200 to 399 when it is 0. */
    record Http(String host, int port, String path, int status) implements Probe {}

    /** A program ends with exit code 0. */
    record Command(List<String> argv) implements Probe {}

    /** A file was written within the last {@code fresh}. */
    record Fresh(Path file, Duration fresh) implements Probe {}

    /** The service touched the file that {@code MIRROR_HEARTBEAT} names within the last {@code fresh}. */
    record Heartbeat(Duration fresh) implements Probe {}

    /** What a look found. */
    sealed interface Finding {
        /** It works. */
        record Works(String detail) implements Finding {}

        /**
         * It does not.
         *
         * @param busy it computes or shows progress, so it may only be late
         * @param stopped the system has stopped its process, which no signal to end will reach
         */
        record Fails(String detail, boolean busy, boolean stopped) implements Finding {}

        /** It holds more memory than it may: no matter of patience. */
        record TooLarge(String detail) implements Finding {}

        /** That could not be found out; counts neither for nor against it. */
        record Unknown(String detail) implements Finding {}

        String detail();
    }
}
