package mirror.pulse.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import mirror.bus.Draft;
import mirror.pulse.check.Finding.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LooksTest {
    /** Valid from 2026-01-01 to 2026-06-01; made for this test, its key thrown away. */
    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBAzCBtqADAgECAgkAs/KwKy8xDngwBQYDK2VwMBYxFDASBgNVBAMTC21pcnJv
            ci50ZXN0MB4XDTI2MDEwMTAwMDAwMFoXDTI2MDYwMTAwMDAwMFowFjEUMBIGA1UE
            AxMLbWlycm9yLnRlc3QwKjAFBgMrZXADIQAb3hsV1ybZIpn/yUQoLYeS6NbisCrT
            Pd43ZlTnnKSxyqMhMB8wHQYDVR0OBBYEFMv4P5CG3610NYEO8ZkqSzhrIaCaMAUG
            AytlcANBAInQpMO3iR/AKqXo+HXFfo5dNAytjxOrqi0Cz7Uqgaekg1+gtY7hJoxA
            fpAktw1xZVB1RhcSK6l8/zPwIJhyTQM=
            -----END CERTIFICATE-----
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");

    private static Finding only(Map<String, Finding> found) {
        return found.values().iterator().next();
    }

    @ParameterizedTest
    @CsvSource({
        "900000000,   1000000000000, FAILING",
        "19000000000, 1000000000000, WARNING",
        "21000000000, 1000000000000, OK",
        "1500000000,  100000000000,  WARNING",
        "60000000,    4000000000,    FAILING",
        "3000000000,  4000000000,    OK",
        "0,           0,             UNKNOWN",
    })
    void aLargeDiskNeedsNoTenthOfItAndASmallOneNoGigabyte(long free, long size, State state) {
        assertThat(DiskLook.judge(free, size, null).state()).isEqualTo(state);
    }

    @Test
    void aDiskThatIsFullWithinAWeekIsWarnedOfAndOneThatIsFarIsNot() {
        Finding soon = DiskLook.judge(900_000_000_000L, 1_000_000_000_000L, new Disks.Forecast(6.2, 4.1, 9.9));
        assertThat(soon.state()).isEqualTo(State.WARNING);
        assertThat(soon.reason()).endsWith("full in about 6 days (4 to 10)");
        Finding later = DiskLook.judge(
                900_000_000_000L, 1_000_000_000_000L, new Disks.Forecast(40, 25, Double.POSITIVE_INFINITY));
        assertThat(later.state()).isEqualTo(State.OK);
        assertThat(later.reason()).endsWith("full in about 40 days (25 to more than 365)");
        assertThat(DiskLook.judge(900_000_000_000L, 1_000_000_000_000L, new Disks.Forecast(4_000, 400, 9_000))
                        .reason())
                .endsWith("are free");
    }

    @Test
    void aDiskIsAskedAndAFolderThatIsNotThereIsUnknown() {
        List<Draft> said = new ArrayList<>();
        Map<String, Finding> found = new DiskLook(
                        () -> List.of(folder, folder.resolve("no")), new Disks(), said::add, () -> Instant.EPOCH)
                .look();
        assertThat(said).as("the one that is there").hasSize(1);
        assertThat(Objects.requireNonNull(found.get(folder.toString())).reason())
                .contains("GB are free");
        assertThat(Objects.requireNonNull(found.get(folder.resolve("no").toString()))
                        .state())
                .isEqualTo(State.UNKNOWN);
    }

    @Test
    void whoIsKilledForMemoryIsToldOnceAndWithoutTheKernelsWordNothingIsKnown() throws IOException {
        MemoryLook look = new MemoryLook(folder);
        assertThat(look.look()).containsOnlyKeys("");
        assertThat(only(look.look()).state()).isEqualTo(State.UNKNOWN);
        Files.writeString(folder.resolve("meminfo"), "MemTotal:       16000000 kB\nMemAvailable:     700000 kB\n");
        Files.writeString(folder.resolve("vmstat"), "pgfault 1\noom_kill 3\n");
        assertThat(Objects.requireNonNull(look.look().get("")).state()).isEqualTo(State.FAILING);
        assertThat(Objects.requireNonNull(look.look().get("killed")).state()).isEqualTo(State.OK);
        Files.writeString(folder.resolve("vmstat"), "pgfault 9\noom_kill 5\n");
        assertThat(look.look().get("killed"))
                .isEqualTo(Finding.warning(
                        "the kernel killed 2 processes for memory since the last look; 'journalctl -k' names them"));
        assertThat(Objects.requireNonNull(look.look().get("killed")).state()).isEqualTo(State.OK);
    }

    @Test
    void aClockThatGoesBackIsToldAndASleepIsNoFault() {
        long[] nanos = {0};
        Instant[] latest = {Instant.EPOCH};
        ClockLook look = new ClockLook(() -> now, () -> nanos[0], () -> latest[0]);
        assertThat(only(look.look()).state()).isEqualTo(State.UNKNOWN);
        step(nanos, 300, 300);
        assertThat(only(look.look()).state()).isEqualTo(State.OK);
        step(nanos, 8 * 3_600, 30);
        assertThat(only(look.look()))
                .isEqualTo(Finding.ok("the machine slept for, or the clock went forward by, 28770 s"));
        step(nanos, 100, 300);
        assertThat(only(look.look())).isEqualTo(Finding.warning("the clock went back by 200 s since the last look"));
        latest[0] = now.plusSeconds(60);
        assertThat(only(look.look()).reason()).startsWith("the clock is 60 s behind what was recorded already");
    }

    private void step(long[] nanos, long wall, long steady) {
        now = now.plusSeconds(wall);
        nanos[0] += steady * 1_000_000_000;
    }

    @Test
    void aFileThatIsAwayOldOrEmptyFails() throws IOException {
        Path file = Files.writeString(folder.resolve("backup"), "x");
        Files.setLastModifiedTime(file, FileTime.from(now.minusSeconds(3_600)));
        assertThat(files(file, Duration.ofHours(2), 1).state()).isEqualTo(State.OK);
        assertThat(files(file, Duration.ofMinutes(30), 1).reason()).contains("at most 30m old");
        assertThat(files(file, Duration.ofHours(2), 2).state()).isEqualTo(State.FAILING);
        assertThat(files(folder.resolve("no"), Duration.ofHours(2), 0)).isEqualTo(Finding.failing("it is not there"));
    }

    private Finding files(Path file, Duration age, long least) {
        return only(new FilesLook(() -> List.of(new FilesLook.Wanted(file, age, least)), () -> now).look());
    }

    @Test
    void aBurstOfErrorsIsWhatIsFarFromUsualForThisFile() throws IOException {
        Path file = Files.writeString(folder.resolve("a.log"), "old ERROR\n".repeat(1_000));
        LogsLook look = new LogsLook(() -> List.of(file), () -> now);
        assertThat(only(look.look()).state())
                .as("what stood there before is no news")
                .isEqualTo(State.UNKNOWN);
        // A file that always tells of some errors is as usual with them.
        for (int i = 0; i < 30; i++) {
            write(file, "all is well\nERROR again\n".repeat(40));
            now = now.plusSeconds(300);
            assertThat(only(look.look()).state()).isEqualTo(State.OK);
        }
        write(file, "java.lang.IllegalStateException: no\n\tat X\n".repeat(300));
        now = now.plusSeconds(300);
        assertThat(only(look.look()))
                .isEqualTo(Finding.failing("60 lines with errors a minute since the last look; usual are 8.0"));
        now = now.plusSeconds(300);
        assertThat(only(look.look()).state()).isEqualTo(State.OK);
        // Rotated: the new file is read from its beginning.
        Files.delete(file);
        write(file, "panic: no\n".repeat(1_000));
        now = now.plusSeconds(300);
        assertThat(only(look.look()).state()).isEqualTo(State.FAILING);
    }

    @Test
    void aFileThatGrowsTooFastIsToldAndOneThatIsNotThereIsNoFault() throws IOException {
        Path file = Files.writeString(folder.resolve("a.log"), "");
        LogsLook look = new LogsLook(() -> List.of(file, folder.resolve("b.log")), () -> now);
        look.look();
        write(file, "x".repeat(30_000_000));
        now = now.plusSeconds(60);
        Map<String, Finding> found = look.look();
        assertThat(found.get(file.toString())).isEqualTo(Finding.warning("it grows by 30 MB a minute"));
        assertThat(found.get(folder.resolve("b.log").toString()))
                .isEqualTo(Finding.ok("nothing was written to it yet"));
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void certificatesTokensAndLeasesEndAndNothingOfThemIsTold() throws IOException {
        Path certificate = Files.writeString(folder.resolve("c.pem"), CERTIFICATE);
        Path token = Files.writeString(
                folder.resolve("token"),
                jwt("{\"exp\":" + now.plusSeconds(86_400).getEpochSecond() + ",\"sub\":\"sesame\"}"));
        Path other = Files.writeString(folder.resolve("other"), "sesame open");
        Path garbled = Files.writeString(folder.resolve("garbled"), "ey.!!.x");
        Map<String, Finding> found = expiry(certificate, token, other, garbled);
        assertThat(Objects.requireNonNull(found.get(certificate.toString())).state())
                .isEqualTo(State.OK);
        assertThat(Objects.requireNonNull(found.get(token.toString())).state()).isEqualTo(State.FAILING);
        assertThat(Objects.requireNonNull(found.get(other.toString())).state()).isEqualTo(State.UNKNOWN);
        assertThat(Objects.requireNonNull(found.get(garbled.toString())).state())
                .isEqualTo(State.UNKNOWN);
        assertThat(Objects.requireNonNull(found.get("lease of alarm")).state()).isEqualTo(State.WARNING);
        assertThat(found.toString()).doesNotContain("sesame");
        now = Instant.parse("2026-05-25T00:00:00Z");
        assertThat(Objects.requireNonNull(expiry(certificate).get(certificate.toString()))
                        .state())
                .isEqualTo(State.WARNING);
        now = Instant.parse("2026-06-02T00:00:00Z");
        assertThat(Objects.requireNonNull(expiry(certificate).get(certificate.toString()))
                        .reason())
                .startsWith("it ended at 2026-06-01");
        now = Instant.parse("2025-06-02T00:00:00Z");
        assertThat(Objects.requireNonNull(expiry(certificate).get(certificate.toString()))
                        .reason())
                .startsWith("it is valid from");
    }

    private Map<String, Finding> expiry(Path... files) {
        Instant end = now.plus(Duration.ofDays(10));
        return new ExpiryLook(() -> List.of(files), () -> Map.of("lease of alarm", end), () -> now).look();
    }

    private static String jwt(String claims) {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return encoder.encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".";
    }

    @Test
    void aProgramRunsOrDoesNot() {
        ProcessesLook look = new ProcessesLook(
                () -> List.of("ollama", "redis-server"), () -> Stream.of("/usr/bin/redis-server", "/usr/bin/ollama-x"));
        assertThat(Objects.requireNonNull(look.look().get("redis-server")).state())
                .isEqualTo(State.OK);
        assertThat(Objects.requireNonNull(look.look().get("ollama")).state()).isEqualTo(State.FAILING);
    }
}
