package mirror.pulse.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;

/**
 * {@code pulse.yaml} in Mirror's home: what is looked at beyond Mirror itself and its disks; docs/pulse.md is the contract. Without the file
 * there is nothing more. Read anew at each look; one with a fault is told as a failing check, and what stood in it before holds until then.
 * Thread-safe.
 */
public final class PulseFile {
    private static final int MAX_BYTES = 64 * 1024;
    private static final Pattern PROGRAM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,63}");
    private static final Pattern PLACE = Pattern.compile("(?:/|~/)[^\\x00-\\x1f]{0,500}");
    private static final Pattern ID = Pattern.compile("[a-z]+(?::[^\\x00-\\x1f]{1,300})?");

    /**
     * What the file says.
     *
     * @param every how often all is looked at
     * @param expiring certificates and tokens
     * @param critical ids of checks or of parts of them
     */
    public record Settings(
            Duration every,
            List<Path> disks,
            List<Path> logs,
            List<Path> repositories,
            List<Path> expiring,
            List<FilesLook.Wanted> files,
            List<String> processes,
            List<String> critical) {
        static final Settings NONE = new Settings(
                Duration.ofMinutes(5), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

        /** Whether the owner called this id, or the check that it is a part of, critical. */
        public boolean isCritical(String id) {
            int colon = id.indexOf(':');
            return critical.contains(id) || (colon > 0 && critical.contains(id.substring(0, colon)));
        }
    }

    private final Path file;
    private final Path user;
    private Settings last = Settings.NONE;
    private String fault = "";

    /** @param user home folder, for which a tilde stands */
    public PulseFile(Path file, Path user) {
        this.file = file;
        this.user = user;
    }

    public synchronized Settings current() {
        try {
            last = parse(Files.readAllBytes(file), user);
            fault = "";
        } catch (NoSuchFileException e) {
            last = Settings.NONE;
            fault = "";
        } catch (IOException e) {
            fault = "it cannot be read: " + e;
        } catch (Faulty e) {
            fault = String.valueOf(e.getMessage());
        }
        return last;
    }

    /** How the file itself was found. */
    public synchronized Finding finding() {
        current();
        return fault.isEmpty()
                ? Finding.ok("it says what it should")
                : Finding.failing(fault + "; what it said before holds until it is mended");
    }

    /** All that is wrong with a file. */
    static final class Faulty extends Exception {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    static Settings parse(byte[] yaml, Path user) throws Faulty {
        List<String> faults = new ArrayList<>();
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(e.getMessage());
        }
        Fields top = new Fields(
                loaded == null ? Map.of() : loaded,
                "",
                faults,
                List.of("every", "disks", "logs", "repositories", "expiring", "files", "processes", "critical"));
        Settings settings = new Settings(
                top.duration("every", Duration.ofSeconds(10), Duration.ofDays(1), Settings.NONE.every),
                paths(top, "disks", user),
                paths(top, "logs", user),
                paths(top, "repositories", user),
                paths(top, "expiring", user),
                files(top.get("files"), user, faults),
                top.texts("processes", PROGRAM, "names of programs, such as ollama"),
                top.texts("critical", ID, "ids as 'mirror pulse' shows them, such as disk or process:ollama"));
        if (!faults.isEmpty()) {
            throw new Faulty(String.join("; ", faults));
        }
        return settings;
    }

    private static List<Path> paths(Fields fields, String key, Path user) {
        return fields.texts(key, PLACE, "paths that begin with / or ~/").stream()
                .map(text -> path(text, user))
                .toList();
    }

    private static Path path(String text, Path user) {
        return text.startsWith("~/")
                ? user.resolve(text.substring(2)).normalize()
                : Path.of(text).normalize();
    }

    private static List<FilesLook.Wanted> files(@Nullable Object value, Path user, List<String> faults) {
        List<FilesLook.Wanted> files = new ArrayList<>();
        if (value == null) {
            return files;
        }
        if (!(value instanceof List<?> list) || list.size() > 100) {
            faults.add("files must be a list of at most 100 mappings with path, max-age and min-bytes");
            return files;
        }
        for (int i = 0; i < list.size(); i++) {
            Fields each =
                    new Fields(list.get(i), "files[" + (i + 1) + "].", faults, List.of("path", "max-age", "min-bytes"));
            String path = each.name("path", PLACE, "", "a path that begins with / or ~/");
            Duration longest = Duration.ofDays(3_650);
            files.add(new FilesLook.Wanted(
                    path(path.isEmpty() ? "/" : path, user),
                    each.duration("max-age", Duration.ofSeconds(1), longest, longest),
                    each.number("min-bytes", 0, Long.MAX_VALUE, 1)));
        }
        return files;
    }
}
