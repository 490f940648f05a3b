package mirror.surface.hook;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks the program of a client that is installed on this machine; a program that is late is ended. */
public final class InstalledClient {
    private static final Duration LATE = Duration.ofSeconds(15);
    private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+\\.\\d+");

    private InstalledClient() {}

    /** What {@code PROGRAM --version} says; empty when there is no such program on the path. */
    public static Optional<String> version(String program) {
        return line(
                        List.of(program, "--version"),
                        Map.of(),
                        "",
                        line -> VERSION.matcher(line).find())
                .flatMap(InstalledClient::versionIn);
    }

    /**
     * A program on the search path of an environment. Only absolute folders count: in a relative one stands what an agent's project put
     * there.
     */
    public static Optional<Path> program(Map<String, String> environment, String name) {
        for (String each : environment.getOrDefault("PATH", "").split(":", -1)) {
            Path candidate = Path.of(each).resolve(name);
            if (candidate.isAbsolute() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** The first version in a text; empty when there is none. */
    public static Optional<String> versionIn(String text) {
        Matcher matcher = VERSION.matcher(text);
        return matcher.find() ? Optional.of(matcher.group()) : Optional.empty();
    }

    /** The first line of its output that fits; empty when it ends without one, cannot be started or is late. It gets the daemon's environment. */
    static Optional<String> line(
            List<String> command, Map<String, String> environment, String input, Predicate<String> fits) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return line(builder, input, fits);
    }

    /** The same of a program that is ready to be started, in an environment of the caller's choice. */
    public static Optional<String> line(ProcessBuilder builder, String input, Predicate<String> fits) {
        if (input.isEmpty()) {
            // A program that reads before it speaks must not wait for more.
            builder.redirectInput(new File("/dev/null"));
        }
        Process process;
        try {
            process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            return Optional.empty();
        }
        // Closing its output ends the reading below, also when the program goes on without a word.
        Thread.ofVirtual().name("late-client").start(() -> endWhenLate(process));
        try (var in = process.getOutputStream();
                var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
            in.flush();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (fits.test(line)) {
                    return Optional.of(line);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } finally {
            end(process);
        }
    }

    private static void endWhenLate(Process process) {
        try {
            if (!process.waitFor(LATE.toMillis(), TimeUnit.MILLISECONDS)) {
                end(process);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end(process);
        }
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
