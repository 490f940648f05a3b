package mirror.kernel;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.trust.Contracts;
import mirror.trust.TrustException;
import mirror.trust.yaml.YamlFolder;

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

    /**
     * @param taken names that the owner's organisms cannot have
     * @param contracts who may sign an organism; what nobody signed is not even parsed
     */
    static Content read(Path folder, Set<String> taken, Contracts contracts) {
        Map<Path, OrganismFile> files = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        taken.forEach(name -> names.put(name, "a part of Mirror"));
        for (Path path : YamlFolder.list(folder, faults)) {
            String where = String.valueOf(path.getFileName());
            try {
                byte[] yaml = YamlFolder.bytes(path, OrganismFile.MAX_BYTES);
                contracts.verify("organism", path, yaml);
                OrganismFile file = OrganismFile.parse(yaml);
                String other = names.putIfAbsent(file.name(), where);
                if (other == null) {
                    files.put(path, file);
                } else {
                    faults.add(where + ": the name '" + file.name() + "' is taken by " + other);
                }
            } catch (OrganismFile.Faulty | TrustException e) {
                faults.add(where + ": " + e.getMessage());
            } catch (IOException e) {
                faults.add(where + ": it cannot be read: " + e.getMessage());
            }
        }
        return new Content(files, faults);
    }
}
