package mirror.pulse.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Work that lies in one place alone: changes that were not committed, and commits that were not pushed, for longer than a day. Git reads a
 * repository's own configuration, and that may name programs to start, so it is told to start none, and to write nothing.
 */
public final class RepositoriesLook implements Check.Look {
    private static final Duration LONG = Duration.ofDays(1);
    private static final int MOST = 1024 * 1024;

    private static final List<String> GIT = List.of(
            "git",
            "--no-optional-locks",
            "--no-pager",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.untrackedCache=false",
            "-c",
            "log.showSignature=false",
            "-c",
            "submodule.recurse=false",
            "-c",
            "diff.external=");

    private final Supplier<List<Path>> repositories;
    private final Duration deadline;
    private final InstantSource clock;

    /**
     * @param repositories asked at each look
     * @param deadline for each call of git
     */
    public RepositoriesLook(Supplier<List<Path>> repositories, Duration deadline, InstantSource clock) {
        this.repositories = repositories;
        this.deadline = deadline;
        this.clock = clock;
    }

    @Override
    public Map<String, Finding> look() throws InterruptedException {
        Map<String, Finding> found = new TreeMap<>();
        for (Path each : repositories.get()) {
            try {
                found.put(each.toString(), look(each));
            } catch (IOException e) {
                found.put(each.toString(), Finding.unknown(String.valueOf(e.getMessage())));
            }
        }
        return found;
    }

    private Finding look(Path repository) throws IOException, InterruptedException {
        for (String line : git(
                repository,
                true,
                "config",
                "--includes",
                "--show-scope",
                "--name-only",
                "--get-regexp",
                "^filter\\.")) {
            if (!line.startsWith("global\t") && !line.startsWith("system\t")) {
                return Finding.unknown("its own configuration names a program to be run (" + line.replace('\t', ' ')
                        + "), so git is not asked about it");
            }
        }
        List<String> status = git(
                repository,
                "status",
                "--porcelain=v2",
                "--branch",
                "--untracked-files=normal",
                "--ignore-submodules=all");
        long changed = status.stream().filter(line -> !line.startsWith("#")).count();
        boolean born = status.stream().noneMatch("# branch.oid (initial)"::equals);
        Instant committed = born ? time(git(repository, "log", "-1", "--format=%ct")) : Instant.EPOCH;
        List<String> wrong = new ArrayList<>();
        if (changed > 0 && committed.plus(LONG).isBefore(clock.instant())) {
            wrong.add(changed + (changed == 1 ? " file is" : " files are") + " not committed"
                    + (born ? ", and the last commit was at " + committed : ""));
        }
        boolean upstream = status.stream().anyMatch(line -> line.startsWith("# branch.upstream "));
        if (born && upstream) {
            List<String> unpushed = git(repository, "log", "--format=%ct", "@{upstream}..HEAD");
            if (!unpushed.isEmpty()
                    && time(List.of(unpushed.getLast())).plus(LONG).isBefore(clock.instant())) {
                wrong.add(unpushed.size() + (unpushed.size() == 1 ? " commit is" : " commits are")
                        + " not pushed, the oldest of " + time(List.of(unpushed.getLast())));
            }
        }
        if (!wrong.isEmpty()) {
            return Finding.warning(String.join("; ", wrong));
        }
        return Finding.ok(
                upstream
                        ? "nothing lies in this place alone for longer than a day"
                        : "nothing uncommitted for longer than a day; this branch is pushed nowhere");
    }

    private static Instant time(List<String> lines) throws IOException {
        try {
            return Instant.ofEpochSecond(Long.parseLong(lines.getFirst().strip()));
        } catch (RuntimeException e) {
            throw new IOException("git told a time that is none", e);
        }
    }

    private List<String> git(Path repository, String... arguments) throws IOException, InterruptedException {
        return git(repository, false, arguments);
    }

    /** @param none whether an exit with 1 and without a word says that there is nothing, as of {@code git config} */
    private List<String> git(Path repository, boolean none, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(GIT);
        command.addAll(List.of("-C", repository.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        builder.environment().put("GIT_TERMINAL_PROMPT", "0");
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException("git cannot be started: " + e.getMessage(), e);
        }
        try {
            // The thread that reads what it says cannot look at the time, too.
            CompletableFuture<?> _ = process.onExit()
                    .orTimeout(deadline.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((_, late) -> {
                        if (late != null) {
                            process.destroyForcibly();
                        }
                    });
            process.getOutputStream().close();
            // Whatever it says, no more than this is kept; the rest is read so that it can end.
            byte[] told = process.getInputStream().readNBytes(MOST);
            process.getInputStream().skip(Long.MAX_VALUE);
            int exit = process.waitFor();
            String text = new String(told, StandardCharsets.UTF_8);
            if (exit == 137) {
                throw new IOException("git did not answer within " + deadline.toSeconds() + " s");
            }
            if (exit != 0 && !(none && exit == 1 && text.isEmpty())) {
                throw new IOException(
                        "git cannot read it: " + text.lines().findFirst().orElse("it does not say why"));
            }
            return text.lines().toList();
        } finally {
            process.destroyForcibly();
        }
    }
}
