package mirror.pulse.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import mirror.trust.yaml.Fields;

/** Whether files are there, fresh and not empty: a backup, a heartbeat, an export. */
public final class FilesLook implements Check.Look {
    /**
     * What a file has to be.
     *
     * @param age the most since it was last written
     * @param least bytes
     */
    public record Wanted(Path path, Duration age, long least) {}

    private final Supplier<List<Wanted>> files;
    private final InstantSource clock;

    /** @param files asked at each look */
    public FilesLook(Supplier<List<Wanted>> files, InstantSource clock) {
        this.files = files;
        this.clock = clock;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        files.get().forEach(each -> found.put(each.path.toString(), look(each)));
        return found;
    }

    private Finding look(Wanted wanted) {
        try {
            BasicFileAttributes file = Files.readAttributes(wanted.path, BasicFileAttributes.class);
            Instant written = file.lastModifiedTime().toInstant();
            if (file.size() < wanted.least) {
                return Finding.failing("it has " + file.size() + " bytes and should have at least " + wanted.least);
            }
            return written.plus(wanted.age).isBefore(clock.instant())
                    ? Finding.failing("it was last written at " + written + "; it should be at most "
                            + Fields.told(wanted.age) + " old")
                    : Finding.ok("written at " + written);
        } catch (NoSuchFileException e) {
            return Finding.failing("it is not there");
        } catch (IOException e) {
            return Finding.unknown("it cannot be looked at: " + e);
        }
    }
}
