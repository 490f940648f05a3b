package mirror.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The owner's files as they are now. Each is read for itself: what is wrong with one is said and does not touch the others. */
final class OrganismFolder {
    /**
     * What was found.
     *
     * @param files the sound ones, by path
     * @param faults a sentence for each of the others
     */
    record Content(Map<Path, OrganismFile> files, List<String> faults) {}

    private OrganismFolder() {}

    /** @param taken names that the owner's organisms cannot have */
    static Content read(Path folder, Set<String> taken) {
        Map<Path, OrganismFile> files = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        taken.forEach(name -> names.put(name, "a part of Mirror"));
        for (Path path : list(folder, faults)) {
            String where = String.valueOf(path.getFileName());
            try {
                OrganismFile file = OrganismFile.parse(Files.readAllBytes(path));
                String other = names.putIfAbsent(file.name(), where);
                if (other == null) {
                    files.put(path, file);
                } else {
                    faults.add(where + ": the name '" + file.name() + "' is taken by " + other);
                }
            } catch (OrganismFile.Faulty e) {
                faults.add(where + ": " + e.getMessage());
            } catch (IOException e) {
                faults.add(where + ": it cannot be read: " + e.getMessage());
            }
        }
        return new Content(files, faults);
    }

    private static List<Path> list(Path folder, List<String> faults) {
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
}
