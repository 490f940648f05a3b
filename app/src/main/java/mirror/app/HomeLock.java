package mirror.app;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import mirror.bus.AtomicFiles;
import mirror.bus.Home;
import org.jspecify.annotations.Nullable;

/**
 * One daemon per home. The lock is the operating system's, on {@code run/lock}, so that it is gone when the process is, however it
 * ended. Under the lock a socket file left over by a killed daemon is removed.
 */
final class HomeLock implements Closeable {
    private final FileChannel channel;
    private final FileLock lock;
    private final Home home;

    private HomeLock(FileChannel channel, FileLock lock, Home home) {
        this.channel = channel;
        this.lock = lock;
        this.home = home;
    }

    static HomeLock take(Home home) throws IOException {
        FileChannel channel = FileChannel.open(
                home.lock(),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        @Nullable FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            String pid = Files.exists(home.pid()) ? Files.readString(home.pid()).strip() : "unknown";
            throw new StartupException("another daemon (pid " + pid + ") runs on " + home.root()
                    + "; use it, or stop it with 'mirror stop'");
        }
        HomeLock taken = new HomeLock(channel, lock, home);
        taken.removeStaleSocket();
        AtomicFiles.write(home.pid(), ProcessHandle.current().pid() + "\n");
        return taken;
    }

    private void removeStaleSocket() throws IOException {
        Path socket = home.socket();
        if (!Files.exists(socket)) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(socket));
            throw new StartupException("something that is not this Mirror listens on " + socket + "; stop it first");
        } catch (IOException nobodyListens) {
            Files.delete(socket);
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(home.pid());
        Files.deleteIfExists(home.socket());
        lock.release();
        channel.close();
    }
}
