package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SwitchTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void isOffWhereThereIsNothing() {
        assertThat(new Switch(folder.resolve("kill")).isOn()).isFalse();
    }

    @Test
    void isOnAsSoonAsThereIsAFileAndOffWhenItIsGone() throws IOException {
        Switch kill = new Switch(folder.resolve("kill"));
        Files.writeString(kill.file(), "");
        assertThat(kill.isOn()).isTrue();
        Files.delete(kill.file());
        assertThat(kill.isOn()).isFalse();
    }

    @Test
    void aFolderAndALinkToNowhereAreOnToo() throws IOException {
        Files.createDirectory(folder.resolve("folder"));
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
        assertThat(new Switch(folder.resolve("folder")).isOn()).isTrue();
        assertThat(new Switch(folder.resolve("link")).isOn()).isTrue();
    }

    @Test
    void isOnWhenItCannotBeTold() {
        assertThat(new Switch(folder.resolve("k".repeat(300))).isOn()).isTrue();
    }
}
