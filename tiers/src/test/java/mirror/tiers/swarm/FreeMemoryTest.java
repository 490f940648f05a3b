package mirror.tiers.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FreeMemoryTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void whatLinuxCallsAvailableIsFreeAndWhatNobodySaysIsUnknown() throws IOException {
        Path file = folder.resolve("meminfo");
        FreeMemory memory = new FreeMemory(file);
        assertThat(memory.get()).isEmpty();
        Files.writeString(
                file, "MemTotal:        8000000 kB\nMemFree:           10000 kB\nMemAvailable:    2097152 kB\n");
        assertThat(memory.get()).hasValue(2_048);
        Files.writeString(file, "MemTotal:        8000000 kB\n");
        assertThat(memory.get()).isEmpty();
    }
}
