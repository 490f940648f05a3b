package mirror.pulse.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.pulse.check.Finding.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PulseFileTest {
    private static final Path USER = Path.of("/home/ada");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static PulseFile.Settings parse(String yaml) throws PulseFile.Faulty {
        return PulseFile.parse(yaml.getBytes(StandardCharsets.UTF_8), USER);
    }

    @Test
    void everythingThatIsLookedAtStandsInOneFile() throws PulseFile.Faulty {
        PulseFile.Settings settings = parse("""
                every: 1m
                disks: [/data]
                logs: [~/app/app.log]
                repositories: [~/src/mirror/]
                expiring: [/etc/ssl/mine.pem]
                files: [{path: /backup/last, max-age: 26h}]
                processes: [ollama]
                critical: [process, 'disk:/data']
                """);
        assertThat(settings.every()).isEqualTo(Duration.ofMinutes(1));
        assertThat(settings.logs()).containsExactly(Path.of("/home/ada/app/app.log"));
        assertThat(settings.repositories()).containsExactly(Path.of("/home/ada/src/mirror"));
        assertThat(settings.files())
                .containsExactly(new FilesLook.Wanted(Path.of("/backup/last"), Duration.ofHours(26), 1));
        assertThat(List.of("process:ollama", "process", "disk:/data")).allMatch(settings::isCritical);
        assertThat(List.of("disk:/", "disk", "processes:x")).noneMatch(settings::isCritical);
        assertThat(parse("")).isEqualTo(PulseFile.Settings.NONE);
    }

    @Test
    void allThatIsWrongIsToldAtOnce() {
        assertThatThrownBy(() -> parse("""
                        evry: 1m
                        every: 1s
                        disks: [data]
                        files: [{path: x}, {path: /a, max-age: soon}]
                        processes: [/bin/sh]
                        """))
                .hasMessageContainingAll(
                        "unknown key 'evry'",
                        "every must be a time from 10s to 1d",
                        "disks must be a list of paths",
                        "files[1].path must be a path",
                        "files[2].max-age must be a time",
                        "processes must be a list of names");
    }

    @Test
    void aFileThatBrokeIsAFailingCheckAndWhatItSaidBeforeHolds() throws IOException {
        Path file = folder.resolve("pulse.yaml");
        PulseFile pulse = new PulseFile(file, USER);
        assertThat(pulse.current()).isEqualTo(PulseFile.Settings.NONE);
        Files.writeString(file, "processes: [ollama]");
        assertThat(pulse.current().processes()).containsExactly("ollama");
        assertThat(pulse.finding().state()).isEqualTo(State.OK);
        Files.writeString(file, "processes: [");
        assertThat(pulse.current().processes()).containsExactly("ollama");
        assertThat(pulse.finding().state()).isEqualTo(State.FAILING);
        assertThat(pulse.finding().reason()).contains("it is not YAML").contains("until it is mended");
    }
}
