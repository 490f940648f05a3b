package mirror.vault.triage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import mirror.bus.AtomicFiles;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Zip archives as strangers make them. */
final class BundleTest {
    private static final Bundle.Limits SMALL = new Bundle.Limits(50, 3 << 20, 100);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("x.zip"), bytes);
    }

    /** What comes out, by path; a folder's text is "/". */
    private Map<String, String> read(byte[] bytes) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Bundle bundle = Bundle.open(write(bytes), SMALL)) {
            Bundle.Survey survey = bundle.survey();
            assertThat(survey.sha256()).isEqualTo(AtomicFiles.digest(bytes));
            assertThat(bundle.read(new Bundle.Sink() {
                        @Override
                        public void folder(String path) {
                            files.put(path, "/");
                        }

                        @Override
                        public void file(String path, InputStream in) throws IOException {
                            files.put(path, new String(in.readAllBytes(), StandardCharsets.UTF_8));
                        }
                    }))
                    .isEqualTo(survey);
        }
        return files;
    }

    private void refused(byte[] bytes, String... words) {
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(Bundle.Refused.class)
                .message()
                .contains(words)
                .doesNotContain("\u001b", "\0");
    }

    private static ZipBytes.Entry entry(String name, String text) {
        return new ZipBytes.Entry(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] zip(ZipBytes.Entry... entries) {
        ZipBytes zip = new ZipBytes();
        for (ZipBytes.Entry each : entries) {
            zip.add(each);
        }
        return zip.bytes();
    }

    @Test
    void whatPeopleAndProgramsPackComesOutAsItWentIn() throws Exception {
        assertThat(read(zip(
                        entry("a/", ""),
                        entry("a/Überblick 🗺️.md", "one"),
                        entry("a/b/c.txt", "two".repeat(5_000)),
                        entry("stored.bin", "three").stored(),
                        entry("empty", ""))))
                .containsOnly(
                        Map.entry("a", "/"),
                        Map.entry("a/Überblick 🗺️.md", "one"),
                        Map.entry("a/b/c.txt", "two".repeat(5_000)),
                        Map.entry("stored.bin", "three"),
                        Map.entry("empty", ""));
        // The JDK's own writer puts sizes behind the bytes.
        Path made = folder.resolve("made.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(made))) {
            out.putNextEntry(new ZipEntry("notes/day.md"));
            out.write("text".getBytes(StandardCharsets.UTF_8));
            out.closeEntry();
            out.setComment("made by a program");
        }
        assertThat(read(Files.readAllBytes(made))).containsOnly(Map.entry("notes/day.md", "text"));
    }

    @Test
    void noPathLeadsOutOfIt() {
        for (String name : new String[] {"../x", "a/../../x", "a/..", "..", "a/./b", ".", "a//b", " /x", "a/ "}) {
            refused(zip(entry("good", "1"), entry(name, "2")), "has a");
        }
        refused(zip(entry("/etc/passwd", "x")), "absolute");
        refused(zip(entry("C:/x", "x")), "absolute");
        refused(zip(entry("C:x", "x")), "absolute");
        refused(zip(entry("..\\x", "x")), "backslashes");
        refused(zip(entry("a\u001b[2J", "x")), "control characters");
        refused(zip(entry("a\0.md", "x")), "control characters");
        refused(zip(entry("cod\u202egpj.exe", "x")), "control characters");
        refused(zip(entry("n".repeat(256), "x")), "no file can have");
        refused(zip(entry("d/".repeat(65) + "x", "x")), "deeper");
        ZipBytes.Entry latin = entry("x", "1");
        latin.name = latin.localName = new byte[] {'a', (byte) 0xe4};
        refused(zip(latin), "not UTF-8");
        ZipBytes.Entry nameless = entry("x", "1");
        nameless.name = nameless.localName = new byte[0];
        refused(zip(nameless), "no file can have");
    }

    @Test
    void noLinkOrDeviceComesOutWhateverSystemItSaysItWasMadeOn() {
        for (int host : new int[] {0, 3, 19}) {
            for (int type : new int[] {0120000, 0020000, 0060000, 0010000, 0140000}) {
                ZipBytes.Entry link = entry("link", "/etc/passwd");
                link.mode = type | 0777;
                link.host = host;
                refused(zip(link), type == 0120000 ? "link" : "neither file nor folder");
            }
        }
    }

    @Test
    void whatIsEncryptedOrPackedInAnotherWayIsRefused() {
        for (int flag : new int[] {1, 1 << 6, 1 << 13}) {
            ZipBytes.Entry secret = entry("a", "x");
            secret.flags |= flag;
            refused(zip(secret), "encrypted");
        }
        ZipBytes.Entry strange = entry("a", "x");
        strange.method = 12;
        refused(zip(strange), "method 12");
    }

    @Test
    void oneNameIsOneFileOnEverySystem() {
        refused(zip(entry("a", "1"), entry("a", "2")), "two entries");
        refused(zip(entry("Read.me", "1"), entry("READ.ME", "2")), "two entries");
        refused(zip(entry("caf\u00e9", "1"), entry("cafe\u0301", "2")), "two entries");
        refused(zip(entry("a", "1"), entry("a/b", "2")), "two entries");
        refused(zip(entry("a/b", "2"), entry("A", "1")), "two entries");
        refused(zip(entry("a/b", "2"), entry("A/c", "1")), "two spellings");
        refused(zip(entry("a/", ""), entry("A/c", "1")), "two entries");
    }

    @Test
    void aBombIsRefusedBeforeItsBytesAreTakenOut() {
        ZipBytes.Entry bomb = new ZipBytes.Entry("bomb", new byte[2 << 20]);
        refused(zip(bomb), "100 times its size");
        ZipBytes many = new ZipBytes();
        for (int i = 0; i < 40; i++) {
            // Each too small to be looked at alone.
            many.add(new ZipBytes.Entry("part" + i, new byte[60_000]));
        }
        refused(many.bytes(), "100 times its size");
        ZipBytes entries = new ZipBytes();
        for (int i = 0; i < 51; i++) {
            entries.file("f" + i, "x");
        }
        refused(entries.bytes(), "51 entries");
        byte[] noise = new byte[4 << 20];
        new Seed(1).random().nextBytes(noise);
        refused(zip(new ZipBytes.Entry("noise", noise)), "are the limit");
    }

    @Test
    void whatHeadersSayIsHeldAgainstTheBytes() {
        byte[] zeros = new byte[2 << 20];
        ZipBytes.Entry less = new ZipBytes.Entry("a", zeros);
        less.size = 100;
        refused(zip(less), "more than it says");
        ZipBytes.Entry more = entry("a", "x");
        more.size = 100;
        refused(zip(more), "wrong size");
        ZipBytes.Entry sum = entry("a", "x");
        sum.crc++;
        refused(zip(sum), "damaged entry");
        ZipBytes.Entry local = entry("a", "x");
        local.localSize = 7;
        refused(zip(local), "two things");
        ZipBytes.Entry name = entry("a", "x");
        name.localName = "b".getBytes(StandardCharsets.UTF_8);
        refused(zip(name), "two things");
        ZipBytes.Entry stored = entry("a", "xyz").stored();
        stored.size = 2;
        refused(zip(stored), "cannot be");
        ZipBytes.Entry big = entry("a", "x");
        big.size = 0xffffffffL;
        big.localSize = 0xffffffffL;
        refused(zip(big), "Zip64");
        ZipBytes.Entry trailing = entry("a", "x");
        trailing.packed = java.util.Arrays.copyOf(trailing.packed, trailing.packed.length + 5);
        trailing.packedSize = trailing.packed.length;
        refused(zip(trailing), "wrong size");
    }

    @Test
    void entriesThatShareTheirBytesAreRefused() {
        ZipBytes.Entry kernel = entry("a", "x".repeat(1000));
        ZipBytes.Entry again = entry("b", "x".repeat(1000));
        again.name = "a2".getBytes(StandardCharsets.UTF_8);
        refused(new ZipBytes().add(kernel).directory(again, 0).bytes(), "two things");
        ZipBytes.Entry same = entry("a", "x".repeat(1000));
        refused(new ZipBytes().add(kernel).directory(same, 0).bytes(), "overlap");
        ZipBytes.Entry beyond = entry("c", "x");
        beyond.packedSize = 5_000;
        refused(zip(beyond), "beyond its end");
    }

    @Test
    void anArchiveThatCouldBeReadInTwoWaysIsRefused() {
        byte[] one = zip(entry("a", "1"));
        byte[] two = zip(entry("b", "2"));
        byte[] both = new byte[one.length + two.length];
        System.arraycopy(one, 0, both, 0, one.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        refused(both, "not where it says");
        refused(new ZipBytes().file("a", "1").file("b", "2").bytes(1), "more in its directory");
        refused(new ZipBytes().file("a", "1").bytes(2), "damaged directory");
        refused(new byte[0], "too short");
        refused(new byte[100], "no archive");
        refused(java.util.Arrays.copyOf(one, one.length - 1), "cut off");
    }

    @Test
    void anArchiveInAnArchiveStaysAFileAndAThirdIsRefused() throws Exception {
        byte[] inner = zip(entry("a.md", "1"));
        assertThat(read(zip(new ZipBytes.Entry("inner.zip", inner).stored()))).containsOnlyKeys("inner.zip");
        byte[] middle = zip(new ZipBytes.Entry("inner.ZIP", inner).stored());
        refused(zip(new ZipBytes.Entry("middle.zip", middle)), "archive in an archive in an archive");
        byte[] bomb = zip(new ZipBytes.Entry("zeros", new byte[4 << 20]));
        refused(zip(new ZipBytes.Entry("bomb.zip", bomb).stored()), "too much");
    }

    @Test
    void anArchiveThatIsALinkIsNotOpened() throws IOException {
        Path real = write(zip(entry("a", "1")));
        Path link = Files.createSymbolicLink(folder.resolve("link.zip"), real);
        assertThatThrownBy(() -> Bundle.open(link, SMALL)).isInstanceOf(IOException.class);
    }

    @Test
    void noDamageDoesAnythingButRefuseOrLeaveTheBytesAsTheyWere() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        byte[] sound = zip(
                entry("a/", ""),
                entry("a/one.md", "text ".repeat(40)),
                entry("two", "22").stored(),
                entry("c", ""));
        Map<String, String> truth = read(sound);
        for (int i = 0; i < 1_500; i++) {
            byte[] bytes = sound.clone();
            int changes = 1 + random.nextInt(3);
            for (int c = 0; c < changes; c++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = random.nextInt(10) == 0 ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
            try {
                // A changed name may pass; the bytes behind the names may not change unseen.
                assertThat(read(cut).values()).as(seed.toString()).allMatch(truth::containsValue);
            } catch (Bundle.Refused e) {
                assertThat(e.getMessage()).as(seed.toString()).isNotBlank();
            }
        }
    }
}
