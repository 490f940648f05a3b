package mirror.surface.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import mirror.bus.Home;
import mirror.bus.NoteSigner;
import mirror.bus.Projection;
import mirror.bus.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The stored files of a home, for commands that must believe nothing a daemon holds in memory.
 *
 * @param origin the chain of this device
 * @param signer this device's key
 * @param terminal standard error when it is a terminal, where progress may be shown, or null
 * @param projections makes fresh ones that have seen no event
 * @param lock takes the home for writing
 */
public record Stored(
        Home home,
        String origin,
        NoteSigner signer,
        Storage storage,
        InstantSource clock,
        @Nullable PrintStream terminal,
        Supplier<List<Projection>> projections,
        Locker lock) {
    /** Takes the home's lock, or throws and says which daemon has it. */
    public interface Locker {
        Closeable take() throws IOException;
    }
}
