package mirror.surface.probe;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mirror.bus.DiskCalls;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.surface.agent.ProcessTree;
import mirror.surface.hook.Connection;
import mirror.surface.hook.Connections;
import mirror.surface.hook.HookReply;
import mirror.surface.hook.InstalledClient;
import mirror.surface.probe.Probed.Tried;
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * A small world for one client, below one folder: a home of a person who uses a model of ours, a Mirror that is connected there and
 * whose hook client is a script that does what a trial says. Closing it deletes the folder.
 */
final class ThrowAway implements AutoCloseable {
    private static final String REASON = "Mirror's probe says so";
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final int WORDS = 300;

    /** The daemon's variables that a client needs to be found and to run as it does for the owner. */
    private static final List<String> PASSED = List.of("PATH", "SHELL", "LANG", "LC_ALL");

    private final Path folder;
    private final String client;
    private final Headless headless;
    private final Path program;
    private final Map<String, String> environment = new HashMap<>();
    private final ClientProbe.Limits limits;
    private final FileStore files;
    private final ScriptedModel model;

    private ThrowAway(
            Path folder,
            String client,
            Headless headless,
            Path program,
            Map<String, String> daemon,
            ClientProbe.Limits limits,
            ScriptedModel model) {
        this.folder = folder;
        this.client = client;
        this.headless = headless;
        this.program = program;
        this.limits = limits;
        this.model = model;
        // What is written here is nobody's, so no log hears of it.
        this.files = new FileStore(mirror(), new DiskCalls(), InstantSource.system(), _ -> {});
        PASSED.stream().filter(daemon::containsKey).forEach(name -> environment.put(name, daemon.get(name)));
        environment.put("HOME", user().toString());
        environment.put("TMPDIR", folder.resolve("tmp").toString());
        environment.put(ProcessTree.VARIABLE, mark());
        for (String proxy : List.of("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")) {
            // Whatever would leave loopback meets a proxy that is not there.
            environment.put(proxy, "http://127.0.0.1:1");
            environment.put(proxy.toLowerCase(Locale.ROOT), "http://127.0.0.1:1");
        }
        environment.put("NO_PROXY", "127.0.0.1,localhost");
        environment.put("no_proxy", "127.0.0.1,localhost");
        environment.putAll(headless.environment(model.url()));
    }

    /** Lays it out in an empty folder. When this fails, the folder is gone, too. */
    static ThrowAway in(
            Path folder,
            String client,
            Headless headless,
            Path program,
            Map<String, String> daemon,
            ClientProbe.Limits limits)
            throws IOException {
        ScriptedModel model = ScriptedModel.start();
        ThrowAway world = new ThrowAway(folder, client, headless, program, daemon, limits, model);
        try {
            world.layOut(model.url());
            return world;
        } catch (IOException | RuntimeException e) {
            world.close();
            throw e;
        }
    }

    private void layOut(URI url) throws IOException {
        Files.createDirectories(user());
        Files.createDirectories(folder.resolve("tmp"));
        for (Map.Entry<String, String> file : headless.settings(url).entrySet()) {
            files.write(FileWrite.bare(user().resolve(file.getKey()), file.getValue()));
        }
        script(launcher(), "exit 1");
    }

    private Path user() {
        return folder.resolve("home");
    }

    private Home mirror() {
        return new Home(folder.resolve("mirror"));
    }

    /** In place of Mirror's MCP server, which no trial needs. */
    private Path launcher() {
        return folder.resolve("launcher");
    }

    private String mark() {
        return String.valueOf(folder.getFileName());
    }

    /** What the client calls its version; empty when it names none. */
    Optional<String> version() throws IOException, InterruptedException {
        Path project = Files.createDirectories(folder.resolve("version"));
        Process process = start(List.of(program.toString(), "--version"), project);
        try {
            within(limits.answer(), process.onExit());
        } finally {
            end(process);
        }
        return InstalledClient.versionIn(words(project));
    }

    /** Starts the client once. */
    Tried attempt(Trial trial) throws IOException, InterruptedException {
        Path project = Files.createDirectories(folder.resolve(trial.key()));
        Path asked = folder.resolve(trial.key() + ".asked");
        try {
            connect(trial, asked);
        } catch (Connection.Refused e) {
            throw new IOException(e.getMessage(), e);
        }
        ScriptedModel.Call call = headless.shell("echo ran > canary");
        model.next(call);
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(headless.arguments("Run the command."));
        Process process = start(command, project);
        boolean ended;
        try {
            within(limits.start(), CompletableFuture.anyOf(process.onExit(), call.made()));
            ended = call.made().isDone() ? within(limits.answer(), process.onExit()) : !process.isAlive();
        } finally {
            end(process);
        }
        Outcome did = outcome(
                Files.exists(project.resolve("canary")),
                call.made().isDone() && (trial == Trial.MISSING || Files.exists(asked)),
                ended);
        return new Tried(trial, did, did == Outcome.UNCLEAR ? tail(words(project)) : "");
    }

    private static Outcome outcome(boolean ran, boolean asked, boolean ended) {
        if (ran) {
            return Outcome.RAN;
        }
        if (!asked) {
            return Outcome.UNCLEAR;
        }
        return ended ? Outcome.STOPPED : Outcome.HUNG;
    }

    /** Writes what 'mirror connect' would write, and puts the trial's script in the place of the hook client. */
    private void connect(Trial trial, Path asked) throws IOException, Connection.Refused {
        Connections all = trial == Trial.SILENT
                ? new Connections(mirror(), launcher(), files, limits.patience())
                : new Connections(mirror(), launcher(), files);
        Connection connection = all.named(client).orElseThrow();
        connection.apply(connection.plan(new Connection.Scope(user(), Map.of(), null)));
        script(connection.shim(), """
                cat >/dev/null
                case $1 in
                  PreToolUse | BeforeTool) ;;
                  UserPromptSubmit | BeforeAgent) %s ;;
                  *) exit 0 ;;
                esac
                : >%s
                %s""".formatted(
                        trial == Trial.MISSING ? "exec rm \"$0\"" : "exit 0",
                        quoted(asked.toString()),
                        answer(trial, connection)));
    }

    /** What the hook does once it was asked, for {@code sh}. */
    private String answer(Trial trial, Connection connection) {
        return switch (trial) {
            case ALLOW -> print(connection.reply(Verdict.ALLOW, REASON));
            case DENY -> print(connection.reply(Verdict.BLOCK, REASON));
            case LATE_DENY ->
                "sleep " + limits.late().toMillis() / 1000.0 + "\n" + print(connection.reply(Verdict.BLOCK, REASON));
            case ASK -> print(connection.reply(Verdict.ASK, REASON));
            case REFUSE -> "echo " + quoted(REASON) + " >&2\nexit 2";
            case CRASH -> "echo " + quoted(REASON) + " >&2\nexit 1";
            case GARBAGE -> "echo 'no answer {'";
            case SILENT -> "exec sleep 3600";
            // If it is asked all the same, it must not look as if something had stopped the tool.
            case MISSING -> print(connection.reply(Verdict.ALLOW, REASON));
        };
    }

    private static String print(HookReply reply) {
        return switch (reply) {
            case HookReply.Print(String text) -> text.isEmpty() ? "exit 0" : "printf '%s\\n' " + quoted(text);
            case HookReply.Refuse(String reason) -> "echo " + quoted(reason) + " >&2\nexit 2";
            case HookReply.Wait _ -> throw new IllegalStateException("a hook client does not print that");
        };
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private void script(Path file, String lines) throws IOException {
        files.write(
                FileWrite.bare(file, "#!/bin/sh\n" + lines + "\n").mode(PosixFilePermissions.fromString("rwx------")));
    }

    // ---- the client's process

    private Process start(List<String> command, Path project) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output(project).toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Whether it came in time. */
    private static boolean within(Duration limit, CompletableFuture<?> future) throws InterruptedException {
        try {
            future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the end of a process cannot be awaited", e);
        }
    }

    private void end(Process process) throws InterruptedException {
        new ProcessTree(process.toHandle(), mark()).end(GRACE);
    }

    /** Ends whatever runs here, from another thread. */
    void end() throws InterruptedException {
        new ProcessTree(null, mark()).end(GRACE);
    }

    private static Path output(Path project) {
        return project.resolveSibling(project.getFileName() + ".out");
    }

    private static String words(Path project) throws IOException {
        return new String(Files.readAllBytes(output(project)), StandardCharsets.UTF_8);
    }

    /** The last line that says anything. */
    private static String tail(String words) {
        String last = words.lines()
                .filter(line -> !line.isBlank())
                .reduce((_, line) -> line)
                .orElse("it said nothing")
                .strip();
        return last.length() <= WORDS ? last : last.substring(0, WORDS);
    }

    @Override
    public void close() throws IOException {
        model.close();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path each, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(each);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
