package mirror.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.bus.AtomicFiles;

/** The written figures: a section for each measurement, replaced when it is run again; the others stay as they were measured. */
final class Report {
    private static final String HEADING = "\n## ";

    private final Path file;
    private final List<String> names;

    /** @param names of the measurements, in the order of their sections */
    Report(Path file, List<String> names) {
        this.file = file;
        this.names = names;
    }

    /** @param day on which the rows were measured */
    void write(String name, List<Row> rows, LocalDate day) throws IOException {
        Map<String, String> sections = sections();
        StringBuilder section = new StringBuilder(String.format(
                Locale.ROOT,
                "%n%s, %s %s, %d processors, Java %s.%n%n",
                day,
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.version()));
        section.append("| what | Mirror | peer | ratio | target | holds |\n|---|---|---|---|---|---|\n");
        rows.forEach(row -> section.append(row.markdown()).append('\n'));
        sections.put(name, section.toString());
        StringBuilder text = new StringBuilder("""
                # Performance

                Written by `./mirror bench NAME --write` (or `all`); do not edit. Each section is of one run on one machine, side by side with the
                peer in turns. Run it on yours.
                """);
        for (String each : names) {
            if (sections.containsKey(each)) {
                text.append(HEADING).append(each).append('\n').append(sections.get(each));
            }
        }
        AtomicFiles.write(file, text.toString());
    }

    private Map<String, String> sections() throws IOException {
        Map<String, String> sections = new HashMap<>();
        String[] parts = Files.exists(file) ? Files.readString(file).split(HEADING, -1) : new String[0];
        for (int i = 1; i < parts.length; i++) {
            String[] section = parts[i].split("\n", 2);
            if (section.length == 2) {
                sections.put(section[0].strip(), section[1].stripTrailing() + "\n");
            }
        }
        return sections;
    }
}
