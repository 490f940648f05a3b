package mirror.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.Json;

/** A Mirror in a home of its own, driven through the launcher as a person drives it. */
final class Instance implements AutoCloseable {
    private final Path launcher;
    private final Path user;

    Instance(Path launcher) throws IOException {
        this.launcher = launcher;
        this.user = Files.createTempDirectory("mirror-bench");
        Files.createDirectories(home());
        Files.writeString(home().resolve("config.yaml"), "http-port: 0\n");
        Files.createDirectories(project());
    }

    Path home() {
        return user.resolve("m");
    }

    Path project() {
        return user.resolve("project");
    }

    List<String> command(String... args) {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(args));
        return command;
    }

    /** A program that this instance's user started, whose words are to be read. */
    Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(project().toFile());
        environment(builder);
        return builder.redirectErrorStream(true).start();
    }

    /** Milliseconds from start to end of the command. */
    double time(List<String> command, String input) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(project().toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        environment(builder);
        long start = System.nanoTime();
        Process process = builder.start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        int exit = process.waitFor();
        double millis = (System.nanoTime() - start) / 1e6;
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " ended with exit code " + exit);
        }
        return millis;
    }

    String output(String... args) throws IOException, InterruptedException {
        return output(true, args);
    }

    /** What a command says, also when its answer is no. */
    String answer(String... args) throws IOException, InterruptedException {
        return output(false, args);
    }

    private String output(boolean yes, String... args) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command(args)).directory(project().toFile());
        environment(builder);
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        if (exit > 1 || (yes && exit != 0)) {
            throw new IOException("mirror " + String.join(" ", args) + ": " + output);
        }
        return output;
    }

    private void environment(ProcessBuilder builder) {
        builder.environment().put("HOME", user.toString());
        builder.environment().put("MIRROR_HOME", home().toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("CLAUDE"));
    }

    long pid() throws IOException, InterruptedException {
        return Json.MAPPER.readTree(output("status", "--json")).path("pid").asLong();
    }

    void stop() throws IOException, InterruptedException {
        ProcessHandle daemon = ProcessHandle.of(pid()).orElseThrow();
        output("stop");
        daemon.onExit().join();
    }

    @Override
    public void close() throws IOException {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(user)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
