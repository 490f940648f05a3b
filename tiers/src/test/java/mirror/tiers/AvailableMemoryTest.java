package mirror.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AvailableMemoryTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void whatLinuxCallsAvailableCountsAndWhatNobodySaysIsUnknown() throws IOException {
        Path file = folder.resolve("meminfo");
        AvailableMemory memory = new AvailableMemory(file, folder);
        assertThat(memory.get()).isEmpty();
        Files.writeString(
                file, "MemTotal:        8000000 kB\nMemFree:           10000 kB\nMemAvailable:    2097152 kB\n");
        assertThat(memory.get()).hasValue(2L << 30);
        Files.writeString(file, "MemTotal:        8000000 kB\n");
        assertThat(memory.get()).isEmpty();
    }

    @Test
    void theLimitOfAContainerCountsWhenItLeavesLess() throws IOException {
        Path file = Files.writeString(folder.resolve("meminfo"), "MemAvailable:    2097152 kB\n");
        AvailableMemory memory = new AvailableMemory(file, folder);
        Files.writeString(folder.resolve("memory.current"), "1000\n");
        Files.writeString(folder.resolve("memory.max"), "5000\n");
        assertThat(memory.get()).hasValue(4_000);
        Files.writeString(folder.resolve("memory.max"), "max\n");
        assertThat(memory.get()).hasValue(2L << 30);
        Files.writeString(folder.resolve("memory.max"), "900\n");
        assertThat(memory.get()).hasValue(0);
    }
}
