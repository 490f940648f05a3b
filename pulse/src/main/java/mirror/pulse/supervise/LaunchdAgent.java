package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;

/**
 * Services that are agents of launchd, by {@code launchctl} (launchctl(1)). A start is the whole dance: out with what is loaded, wait
 * until it is gone, in with the definition, at most three times two seconds apart, kickstart, and then a living process has to be shown.
 * When the owner's definition does not get so far, the last one that did is loaded in its place, under the same label, so that launchd
 * itself can hold only one of the two; and one thread at a time has the label, so that nobody else loads between out and in.
 *
 * <p>Tested with a scripted launchctl; it was never run on a Mac.
 */
final class LaunchdAgent implements Backend {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration APART = Duration.ofSeconds(2);
    private static final Duration STEP = Duration.ofMillis(200);
    private static final int BOOTSTRAPS = 3;
    private static final int GONE = 50;
    private static final int ALIVE = 25;
    private static final Pattern PID = Pattern.compile("(?m)^\\s*pid = ([1-9][0-9]{0,9})\\s*$");

    private final Tools tools;
    private final Proc proc;
    private final Ends ends;
    private final Pause pause;
    private final FileStore files;
    private final Path kept;
    private final Map<String, ReentrantLock> owners = new ConcurrentHashMap<>();

    /** @param kept folder for the definitions that worked last */
    LaunchdAgent(Tools tools, Proc proc, Ends ends, Pause pause, FileStore files, Path kept) {
        this.tools = tools;
        this.proc = proc;
        this.ends = ends;
        this.pause = pause;
        this.files = files;
        this.kept = kept;
    }

    @Override
    public Started start(Service service, String mark) throws IOException, InterruptedException {
        Service.Kind.Launchd agent = (Service.Kind.Launchd) service.kind();
        ReentrantLock owner = owners.computeIfAbsent(agent.label(), _ -> new ReentrantLock());
        owner.lockInterruptibly();
        try {
            Path good = kept.resolve(agent.label() + ".plist");
            try {
                Started started = load(agent.label(), agent.plist());
                byte[] plist = Files.readAllBytes(agent.plist());
                files.write(FileWrite.kept(good, plist));
                return started;
            } catch (IOException e) {
                if (!Files.isRegularFile(good, LinkOption.NOFOLLOW_LINKS)) {
                    throw e;
                }
                try {
                    return load(agent.label(), good);
                } catch (IOException also) {
                    throw new IOException(
                            e.getMessage() + "; nor did the definition that worked last: " + also.getMessage(), also);
                }
            }
        } finally {
            owner.unlock();
        }
    }

    private Started load(String label, Path plist) throws IOException, InterruptedException {
        String target = domain() + "/" + label;
        out(target);
        String said = "";
        for (int tries = 0; ; tries++) {
            Tools.Result in = launchctl("bootstrap", domain(), plist.toString());
            if (in.exit() == 0) {
                break;
            }
            said = in.output();
            if (tries + 1 == BOOTSTRAPS) {
                throw new IOException("launchctl bootstrap of " + plist + " failed " + BOOTSTRAPS + " times: " + said);
            }
            pause.rest(APART);
        }
        Tools.Result kick = launchctl("kickstart", target);
        for (int tries = 0; tries < ALIVE; tries++) {
            Optional<Started> running = running(label);
            if (running.isPresent()) {
                return running.get();
            }
            pause.rest(STEP);
        }
        out(target);
        throw new IOException("launchd has " + label + " loaded from " + plist + ", but no process of it lives"
                + (kick.exit() == 0 ? "" : "; kickstart says: " + kick.output()));
    }

    private void out(String target) throws IOException, InterruptedException {
        if (launchctl("print", target).exit() != 0) {
            return;
        }
        Tools.Result out = launchctl("bootout", target);
        for (int tries = 0; tries < GONE; tries++) {
            if (launchctl("print", target).exit() != 0) {
                return;
            }
            pause.rest(STEP);
        }
        throw new IOException("launchd does not let go of " + target + ": " + out.output());
    }

    /** What is loaded and has a living process. */
    private Optional<Started> running(String label) throws IOException, InterruptedException {
        Tools.Result printed = launchctl("print", domain() + "/" + label);
        Matcher pid = PID.matcher(printed.output());
        if (printed.exit() != 0 || !pid.find()) {
            return Optional.empty();
        }
        long number = Long.parseLong(pid.group(1));
        String key = proc.key(number);
        if (key.isEmpty()) {
            return Optional.empty();
        }
        CompletableFuture<Ending> end = new CompletableFuture<>();
        ends.await(number, key, proc, () -> end.complete(Ending.UNKNOWN));
        return Optional.of(new Started(number, key, end));
    }

    @Override
    public Optional<Started> find(Service service) throws IOException, InterruptedException {
        return running(((Service.Kind.Launchd) service.kind()).label());
    }

    @Override
    public void halt(Service service, Started started, boolean kill) throws IOException, InterruptedException {
        String target = domain() + "/" + ((Service.Kind.Launchd) service.kind()).label();
        Tools.Result done = kill ? launchctl("kill", "SIGKILL", target) : launchctl("bootout", target);
        if (done.exit() != 0 && launchctl("print", target).exit() == 0) {
            throw new IOException("launchctl could not end " + target + ": " + done.output());
        }
    }

    private String domain() throws IOException {
        return "gui/" + Files.getAttribute(kept.getParent() == null ? kept : kept.getParent(), "unix:uid");
    }

    private Tools.Result launchctl(String... words) throws IOException, InterruptedException {
        java.util.List<String> argv = new java.util.ArrayList<>(List.of("launchctl"));
        argv.addAll(List.of(words));
        return tools.run(argv, PATIENCE);
    }
}
