package mirror.trust.yaml;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A folder in which each of the owner's definitions is a file of its own that ends in {@code .yaml}. Stateless. */
public final class YamlFolder {
    private YamlFolder() {}

    /**
     * The files, sorted; none when there is no folder. Hidden ones are left out.
     *
     * @param faults gets a sentence for what looks like a definition and is not read, and for a folder that cannot be read
     */
    public static List<Path> list(Path folder, List<String> faults) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(folder)) {
            List<Path> yaml = new ArrayList<>();
            for (Path path : paths.sorted().toList()) {
                String name = String.valueOf(path.getFileName());
                if (name.endsWith(".yaml") && !name.startsWith(".")) {
                    yaml.add(path);
                } else if (name.endsWith(".yml")) {
                    faults.add(name + ": only files that end in .yaml are read; rename it");
                }
            }
            return yaml;
        } catch (IOException e) {
            faults.add(folder + " cannot be read: " + e.getMessage());
            return List.of();
        }
    }

    /** At most one byte more than a definition may have, so that its reader names a larger one as too large. */
    public static byte[] bytes(Path file, int most) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(most + 1);
        }
    }
}
