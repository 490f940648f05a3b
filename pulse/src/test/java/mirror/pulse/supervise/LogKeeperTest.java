package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mirror.bus.DiskCalls;
import mirror.bus.FaultyCalls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs of services stay small, and no line of them is lost. */
final class LogKeeperTest {
    private static final Service.LogFiles SMALL = new Service.LogFiles(64 << 10, 1_000);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static List<String> lines(Path folder) throws IOException {
        List<Path> parts;
        try (Stream<Path> files = Files.list(folder)) {
            parts = files.filter(file -> file.getFileName().toString().matches("web\\.log\\.[0-9]+"))
                    .sorted((a, b) -> Integer.compare(number(b), number(a)))
                    .toList();
        }
        List<String> lines = new ArrayList<>();
        for (Path part : parts) {
            lines.addAll(Files.readAllLines(part));
        }
        lines.addAll(LogKeeper.tail(folder.resolve("web.log"), 1 << 30).lines().toList());
        return lines;
    }

    private static int number(Path part) {
        String name = part.getFileName().toString();
        return Integer.parseInt(name.substring(name.lastIndexOf('.') + 1));
    }

    @Test
    void aProcessThatWritesAllTheWhileLosesNoLine() throws IOException, InterruptedException {
        Process writer = new ProcessBuilder(
                        "sh", "-c", "i=0; while [ $i -lt 60000 ]; do echo \"line $i of the log\"; i=$((i+1)); done")
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("web.log").toFile()))
                .start();
        LogKeeper keeper = new LogKeeper(folder, new DiskCalls());
        int rotated = 0;
        boolean lossless = true;
        while (!writer.waitFor(1, TimeUnit.MILLISECONDS)) {
            Rotated found = keeper.keep("web", SMALL);
            if (found != null) {
                rotated++;
                lossless &= found.lossless();
            }
        }
        keeper.keep("web", SMALL);
        assertThat(rotated).isPositive();
        if (lossless) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 60_000; i++) {
                expected.add("line " + i + " of the log");
            }
            assertThat(lines(folder)).isEqualTo(expected);
        } else {
            // A disk that makes no holes: what may have been lost was said.
            assertThat(lines(folder)).isNotEmpty();
        }
    }

    @Test
    void whatComesBetweenTheCopyAndTheCutIsSaidToBeLostWhereHolesCannotBeMade() throws IOException {
        Path file = folder.resolve("web.log");
        Files.writeString(file, "line\n".repeat(20_000) + "half");
        Rotated rotated = new LogKeeper(folder, new DiskCalls(), false, 1 << 20).keep("web", SMALL);
        assertThat(rotated).isNotNull().extracting(Rotated::lossless).isEqualTo(false);
        Files.writeString(file, "line\n".repeat(20_000));
        rotated = new LogKeeper(folder, new DiskCalls(), false, 1 << 20).keep("web", SMALL);
        assertThat(rotated).isNotNull().extracting(Rotated::lossless).isEqualTo(true);
        assertThat(Files.size(file)).isZero();
    }

    @Test
    void partsAreShiftedAndTheOldestGoes() throws IOException {
        LogKeeper keeper = new LogKeeper(folder, new DiskCalls());
        for (int i = 0; i < 5; i++) {
            append("%d".formatted(i).repeat(70_000) + "\n");
            keeper.keep("web", new Service.LogFiles(64 << 10, 3));
        }
        assertThat(folder.resolve("web.log.1")).content().startsWith("4");
        assertThat(folder.resolve("web.log.3")).content().startsWith("2");
        assertThat(folder.resolve("web.log.4")).doesNotExist();
    }

    @Test
    void anotherDaemonGoesOnWhereTheHoleEndsAndANewStartGetsANewFile() throws IOException {
        append("a".repeat(70_000) + "\n");
        new LogKeeper(folder, new DiskCalls()).keep("web", SMALL);
        append("after\n");
        LogKeeper next = new LogKeeper(folder, new DiskCalls());
        assertThat(next.keep("web", SMALL)).isNull();
        assertThat(LogKeeper.tail(folder.resolve("web.log"), 100)).isEqualTo("after\n");
        next.fresh("web", SMALL);
        append("new\n");
        assertThat(Files.size(folder.resolve("web.log"))).isEqualTo(4);
        assertThat(lines(folder)).containsExactly("a".repeat(70_000), "after", "new");
    }

    /** A disk that is full at any call of a rotation. */
    @Test
    void aFullDiskLosesNoLineWhereverItComes() throws IOException {
        List<String> written = new ArrayList<>();
        LogKeeper first = new LogKeeper(folder, new DiskCalls());
        for (int i = 0; i < 3; i++) {
            written.add("%d".formatted(i).repeat(70_000));
            append(written.getLast() + "\n");
            first.keep("web", SMALL);
        }
        for (int at = 0; at < 12; at++) {
            FaultyCalls full = new FaultyCalls().message("No space left on device");
            LogKeeper keeper = new LogKeeper(folder, full, true, 20_000);
            written.add("%d".formatted(at % 10).repeat(70_000));
            append(written.getLast() + "\n");
            full.fault(at, at % 2 == 0 ? FaultyCalls.Fault.FAILS : FaultyCalls.Fault.FAILS_HALF_WAY);
            try {
                keeper.keep("web", SMALL);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space left");
            }
            // A part may end within a line that is longer than a piece.
            assertThat(String.join("", lines(folder))).as("full at call %d", at).isEqualTo(String.join("", written));
        }
        new LogKeeper(folder, new DiskCalls()).keep("web", SMALL);
        assertThat(String.join("", lines(folder))).isEqualTo(String.join("", written));
    }

    /** Without room for more than a piece, a log that is much larger than that is put aside whole. */
    @Test
    void whatIsCopiedGivesItsRoomBackBeforeTheNextPiece() throws IOException {
        String line = "x".repeat(99) + "\n";
        append(line.repeat(20_000));
        LogKeeper keeper = new LogKeeper(folder, new DiskCalls(), true, 100_000);
        assertThat(keeper.keep("web", SMALL)).isEqualTo(new Rotated(2_000_000, true));
        assertThat(Holes.before(folder.resolve("web.log"))).isGreaterThan(1_900_000);
        assertThat(folder.resolve("web.log.1")).content().isEqualTo(line.repeat(20_000));
        assertThat(folder.resolve("web.log.2")).doesNotExist();
    }

    private void append(String text) throws IOException {
        try (FileChannel out =
                FileChannel.open(folder.resolve("web.log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            int _ = out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        }
    }
}
