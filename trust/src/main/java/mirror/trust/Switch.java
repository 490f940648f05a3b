package mirror.trust;

import java.io.IOException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Something that the owner turns on by making a file and off by removing it, such as the kill switch. On as soon as there is anything
 * of that name, be it a link to nowhere, and also when it cannot be told. Thread-safe.
 *
 * @param file where it is looked for, each time anew
 */
public record Switch(Path file) {
    /** Costs one look at the file system, and makes no exception of the usual answer, as it is asked for each action. */
    public boolean isOn() {
        try {
            return file.getFileSystem()
                            .provider()
                            .readAttributesIfExists(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    != null;
        } catch (IOException e) {
            return true;
        }
    }
}
