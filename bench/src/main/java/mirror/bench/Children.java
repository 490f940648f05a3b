package mirror.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Children that stamp their own start: a line with number and time, whoever starts them. The same for every supervisor. */
final class Children {
    /** @param nanos since the epoch */
    record Stamp(long pid, long nanos) {}

    private final Path folder;

    Children(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        script("child", "echo \"$$ $(date +%s%N)\" >> \"$1\"\nexec sleep 1000000\n");
        script(
                "beating",
                "echo \"$$ $(date +%s%N)\" >> \"$1\"\nwhile :; do : > \"${MIRROR_HEARTBEAT:-$2}\"; sleep 0.3; done\n");
        script("crashing", "echo \"$$ $(date +%s%N)\" >> \"$1\"\nexit 1\n");
    }

    private void script(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    Path program(String name) {
        return folder.resolve(name);
    }

    Path stamps(String child) {
        return folder.resolve(child + ".stamps");
    }

    List<Stamp> read(String child) throws IOException {
        Path file = stamps(child);
        List<Stamp> stamps = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readString(file).split("\n", -1)) {
                String[] words = line.split(" ", -1);
                if (words.length == 2 && words[1].length() == 19) {
                    stamps.add(new Stamp(Long.parseLong(words[0]), Long.parseLong(words[1])));
                }
            }
        }
        return stamps;
    }

    static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /** The first start after so many others, or a failure when there is none in time. */
    Stamp await(String child, int before, long millis) throws IOException, InterruptedException {
        long until = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() < until) {
            List<Stamp> stamps = read(child);
            if (stamps.size() > before) {
                return stamps.get(before);
            }
            Thread.sleep(1);
        }
        throw new IOException(child + " was not started within " + millis + " ms");
    }

    static void signal(String signal, long pid) throws IOException, InterruptedException {
        int _ = new ProcessBuilder("kill", "-s", signal, String.valueOf(pid))
                .start()
                .waitFor();
    }

    /** Milliseconds from the end of the child that runs to the start of the next. */
    double kill(String child, long patience) throws IOException, InterruptedException {
        List<Stamp> stamps = read(child);
        long start = now();
        ProcessHandle.of(stamps.getLast().pid()).ifPresent(ProcessHandle::destroyForcibly);
        return (await(child, stamps.size(), patience).nanos() - start) / 1e6;
    }
}
