package mirror.surface.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import mirror.trust.TrustException;

/**
 * Asks git about a work tree, without letting the tree's own configuration start programs, for at most {@value #SECONDS} seconds and
 * {@value #MOST} bytes of answer. Stateless.
 */
public final class Git {
    private static final int SECONDS = 30;
    private static final int MOST = 32 * 1024 * 1024;

    /** What of a tree's configuration would start a program, replaced. */
    private static final List<String> SAFELY = List.of(
            "git",
            "--no-pager",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "log.showSignature=false",
            "-c",
            "diff.external=",
            "-c",
            "submodule.recurse=false",
            "-c",
            "core.quotePath=false");

    private Git() {}

    /**
     * What git prints.
     *
     * @throws TrustException when git is not there, says no, or takes too long
     */
    public static String ask(Path tree, String... words) throws IOException {
        return ask(tree, List.of(), words);
    }

    /**
     * What differs from the last commit. Git would hand each file to the filters that attributes name; those of the tree's own
     * configuration are left out, so that a file may be told as changed which is not, but none as unchanged that is.
     *
     * @throws TrustException as {@link #ask}, and when a filter has a name that cannot be left out
     */
    public static String status(Path tree, String... words) throws IOException {
        List<String> settings = new ArrayList<>();
        for (Iterator<String> told = parts(
                                ask(tree, "config", "--list", "--includes", "--show-scope", "--name-only", "-z"))
                        .iterator();
                told.hasNext(); ) {
            String scope = told.next();
            String key = told.hasNext() ? told.next() : "";
            int end = key.lastIndexOf('.');
            if (List.of("global", "system").contains(scope) || !key.startsWith("filter.") || end < "filter.".length()) {
                continue;
            }
            String filter = key.substring(0, end);
            if (filter.contains("=") || filter.contains("\n")) {
                throw new TrustException("git is not asked about " + tree
                        + ", as its own configuration names the filter '" + filter.replace('\n', ' ') + "'");
            }
            for (String setting : List.of("clean=", "smudge=", "process=", "required=false")) {
                settings.addAll(List.of("-c", filter + "." + setting));
            }
        }
        List<String> all = new ArrayList<>(List.of("status"));
        all.addAll(List.of(words));
        return ask(tree, settings, all.toArray(String[]::new));
    }

    private static String ask(Path tree, List<String> settings, String... words) throws IOException {
        List<String> command = new ArrayList<>(SAFELY);
        command.addAll(settings);
        command.addAll(List.of(words));
        return run(tree, command, words[0]);
    }

    /**
     * Where the tree's hook of this name belongs, as its own configuration has it.
     *
     * @throws TrustException when git is not there or says no
     */
    public static Path hook(Path tree, String name) throws IOException {
        return tree.resolve(run(tree, List.of("git", "rev-parse", "--git-path", "hooks/" + name), "rev-parse")
                .strip());
    }

    private static String run(Path tree, List<String> command, String what) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(tree.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        builder.environment().put("GIT_OPTIONAL_LOCKS", "0");
        builder.environment().put("GIT_TERMINAL_PROMPT", "0");
        Process process = builder.start();
        CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        try (InputStream in = process.getInputStream()) {
            byte[] answer = in.readNBytes(MOST + 1);
            if (answer.length > MOST) {
                process.destroyForcibly();
                throw new TrustException("git " + what + " answered more than " + MOST + " bytes");
            }
            if (process.waitFor() != 0) {
                throw new TrustException("git " + what + " failed in " + tree + " (exit " + process.exitValue() + ")");
            }
            return new String(answer, StandardCharsets.UTF_8);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new TrustException("git " + what + " was interrupted");
        }
    }

    /** The parts of an answer that zeros end. */
    public static List<String> parts(String answer) {
        return List.of(answer.split("\0")).stream()
                .filter(part -> !part.isEmpty())
                .toList();
    }
}
