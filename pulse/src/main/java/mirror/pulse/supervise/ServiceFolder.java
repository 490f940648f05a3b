package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import mirror.trust.Contracts;
import mirror.trust.TrustException;
import mirror.trust.yaml.YamlFolder;

/** The owner's files as they are now. Each is read for itself; what nobody signed is not even parsed. Thread-safe. */
final class ServiceFolder {
    /**
     * What was found.
     *
     * @param sound in an order in which each comes after all it needs
     * @param refused what is wrong with each of the others, by the service's name
     * @param faults the same as sentences, and what is wrong besides
     */
    record Content(List<Service> sound, Map<String, String> refused, List<String> faults) {}

    private final Path folder;
    private final Path user;
    private final Contracts contracts;
    private final Map<String, List<Object>> seen = new ConcurrentHashMap<>();

    ServiceFolder(Path folder, Path user, Contracts contracts) {
        this.folder = folder;
        this.user = user;
        this.contracts = contracts;
    }

    Content read() {
        List<String> faults = new ArrayList<>();
        Map<String, Service> parsed = new TreeMap<>();
        Map<String, String> refused = new TreeMap<>();
        for (Path path : YamlFolder.list(folder, faults)) {
            String file = String.valueOf(path.getFileName());
            String name = file.substring(0, file.length() - ".yaml".length());
            seen.put(name, marks(path));
            try {
                byte[] yaml = YamlFolder.bytes(path, ServiceReader.MAX_BYTES);
                contracts.verify("service", path, yaml);
                parsed.put(name, ServiceReader.parse(name, yaml, user));
            } catch (ServiceReader.Faulty | TrustException e) {
                refused.put(name, String.valueOf(e.getMessage()));
            } catch (IOException e) {
                refused.put(name, "it cannot be read: " + e.getMessage());
            }
        }
        List<Service> sound = order(parsed, refused);
        refused.forEach((name, why) -> faults.add(name + ".yaml: " + why));
        return new Content(sound, refused, faults);
    }

    /** Whether the file and its signature are those that were read, as far as a look at them tells. */
    boolean isAsRead(String service) {
        return marks(folder.resolve(service + ".yaml")).equals(seen.get(service));
    }

    private static List<Object> marks(Path path) {
        List<Object> marks = new ArrayList<>();
        for (Path file : List.of(path, Contracts.signature(path))) {
            try {
                BasicFileAttributes of =
                        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                marks.add(List.of(of.lastModifiedTime(), of.size(), String.valueOf(of.fileKey())));
            } catch (NoSuchFileException e) {
                marks.add("none");
            } catch (IOException e) {
                // Not to be told from a change.
                marks.add(new Object());
            }
        }
        return marks;
    }

    /** What is needed first; whoever needs what is not there, itself, or goes round in a circle, is refused, and so is who needs it. */
    static List<Service> order(Map<String, Service> parsed, Map<String, String> refused) {
        Map<String, Service> left = new LinkedHashMap<>(parsed);
        boolean more = true;
        while (more) {
            more = false;
            for (Service service : List.copyOf(left.values())) {
                String fault = service.needs().stream()
                        .filter(need -> !left.containsKey(need) || need.equals(service.name()))
                        .findFirst()
                        .map(need -> need.equals(service.name())
                                ? "needs: it needs itself"
                                : "needs: there is no sound service " + need
                                        + (refused.containsKey(need) ? ", as " + need + ".yaml has a fault" : ""))
                        .orElse("");
                if (!fault.isEmpty()) {
                    left.remove(service.name());
                    refused.put(service.name(), fault);
                    more = true;
                }
            }
        }
        List<Service> order = new ArrayList<>();
        Set<String> placed = new LinkedHashSet<>();
        more = true;
        while (more) {
            more = false;
            for (Service service : List.copyOf(left.values())) {
                if (placed.containsAll(service.needs())) {
                    left.remove(service.name());
                    placed.add(service.name());
                    order.add(service);
                    more = true;
                }
            }
        }
        left.values()
                .forEach(service -> refused.put(
                        service.name(),
                        "needs: " + String.join(", ", left.keySet())
                                + " need each other in a circle, or need one that does"));
        return order;
    }
}
