package mirror.bus;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Works on a list with several threads, a bounded way ahead of whoever takes the results, in the list's order. With one thread
 * everything happens in the caller's.
 */
final class Ahead<T> implements AutoCloseable {
    /** One piece of work. */
    interface Work<I, T> {
        T on(I item) throws IOException;
    }

    private interface Job<T> {
        T run() throws IOException;
    }

    private final Iterator<Job<T>> jobs;
    private final Queue<Future<T>> running = new ArrayDeque<>();
    private final int threads;
    private final @Nullable ExecutorService executor;

    <I> Ahead(List<I> items, int threads, Work<I, T> work) {
        this.jobs = items.stream().map(item -> (Job<T>) () -> work.on(item)).iterator();
        this.threads = threads;
        this.executor = threads < 2 || items.size() < 2
                ? null
                : Executors.newFixedThreadPool(
                        threads,
                        Thread.ofPlatform().daemon(true).name("bus-walk-", 0).factory());
    }

    boolean hasNext() {
        return jobs.hasNext() || !running.isEmpty();
    }

    T next() throws IOException {
        if (executor == null) {
            return jobs.next().run();
        }
        while (jobs.hasNext() && running.size() < 2 * threads) {
            Job<T> job = jobs.next();
            running.add(executor.submit(job::run));
        }
        try {
            return running.remove().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while proving the log");
        }
    }

    @Override
    public void close() {
        if (executor != null) {
            executor.shutdownNow();
        }
    }
}
