package mirror.app.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs programs of the system for tests that compare Mirror with them; they get a PATH and nothing else of our environment. */
final class Programs {
    private Programs() {}

    record Ran(int exit, String out, String err) {}

    /** Skips the test, with the reason, when one of these is not installed. */
    static void need(String... names) {
        for (String name : names) {
            assumeTrue(installed(name), name + " is not installed");
        }
    }

    static boolean installed(String name) {
        return Stream.of(path().split(":")).anyMatch(place -> Files.isExecutable(Path.of(place, name)));
    }

    static Ran run(Path cwd, String... command) {
        try {
            Path out = Files.createTempFile("program", ".out");
            Path err = Files.createTempFile("program", ".err");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(cwd.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", path());
            Process process = builder.start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(List.of(command) + " did not end");
            }
            Ran ran = new Ran(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.ISO_8859_1));
            Files.delete(out);
            Files.delete(err);
            return ran;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String path() {
        String path = System.getenv("PATH");
        return path == null ? "/usr/bin:/bin" : path;
    }
}
