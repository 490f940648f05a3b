package mirror.surface.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bar on a terminal for what takes longer than a second; nothing for what does not, and nothing where no terminal is. Thread-safe.
 */
final class Progress implements LongConsumer, AutoCloseable {
    private static final long SILENT_NANOS = 1_000_000_000L;
    private static final long STEP_NANOS = 100_000_000L;
    private static final int CELLS = 30;

    private final String what;
    private final long total;
    private final @Nullable PrintStream terminal;
    private final LongSupplier nanoTime;
    private final AtomicLong done = new AtomicLong();
    private final long started;
    private long shown;

    /**
     * @param total bytes to come
     * @param terminal where to draw, or null
     */
    Progress(String what, long total, @Nullable PrintStream terminal, LongSupplier nanoTime) {
        this.what = what;
        this.total = total;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
        this.started = nanoTime.getAsLong();
    }

    @Override
    public void accept(long more) {
        long bytes = done.addAndGet(more);
        long now = nanoTime.getAsLong();
        synchronized (this) {
            if (terminal == null || now - started < SILENT_NANOS || (shown != 0 && now - shown < STEP_NANOS)) {
                return;
            }
            shown = now;
            double share = total == 0 ? 1 : Math.min(1, (double) bytes / total);
            int cells = (int) (share * CELLS);
            terminal.printf(
                    Locale.ROOT,
                    "\r%s [%s%s] %3d %%  %d of %d MB",
                    what,
                    "=".repeat(cells),
                    " ".repeat(CELLS - cells),
                    (int) (share * 100),
                    bytes / 1_000_000,
                    total / 1_000_000);
            terminal.flush();
        }
    }

    /** Wipes the bar. */
    @Override
    public synchronized void close() {
        if (terminal != null && shown != 0) {
            terminal.print("\r" + " ".repeat(what.length() + CELLS + 40) + "\r");
            terminal.flush();
        }
    }
}
