package mirror.surface.signal;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import mirror.kernel.Programs;
import mirror.tiers.ProviderKey;
import mirror.trust.shell.ShellContext;

/** What brings messages along a route, by where the route leads. Thread-safe. */
public final class Channels implements AutoCloseable {
    private final DesktopChannel desktop;
    private final TelegramChannel telegram;
    private final CommandChannel command;

    /**
     * @param home Mirror's home
     * @param user the person's home folder, where programs start
     * @param system name of the operating system, as {@code os.name} has it
     * @param shell what is known of disk and environment when a command is analysed
     * @param keys looks a place of a key up
     */
    public Channels(
            Path home,
            Path user,
            String system,
            Map<String, String> environment,
            ShellContext shell,
            Function<String, ProviderKey> keys) {
        Programs programs = new Programs(user, environment);
        this.desktop = new DesktopChannel(programs, system, environment.getOrDefault("PATH", ""), home);
        this.telegram = new TelegramChannel(home, keys);
        this.command = new CommandChannel(programs, shell, user);
    }

    Channel of(Route route) {
        return switch (route.target()) {
            case Route.Target.Desktop _ -> desktop;
            case Route.Target.Telegram _ -> telegram;
            case Route.Target.Command _ -> command;
        };
    }

    @Override
    public void close() {
        telegram.close();
    }
}
