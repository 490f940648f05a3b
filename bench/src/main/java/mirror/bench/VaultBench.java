package mirror.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A vault of 51,000 notes beside SQLite's full-text index and ripgrep. The notes are real ones where {@code ../shared/data} has them, and
 * else made from a seed; each child process runs with the daemon's settings.
 */
final class VaultBench {
    private static final int NOTES = 51_000;
    private static final List<String> QUESTIONS = List.of(
            "allocate memory",
            "how to list processes",
            "git commit message",
            "template date property",
            "driver callback routine",
            "network adapter",
            "copy files recursively",
            "\"access control list\"",
            "remote session",
            "task due date",
            "compress a folder",
            "registry key permission",
            "audio stream buffer",
            "kanban",
            "what is a daily note");

    private final Path folder;
    private final Path root;

    private VaultBench(Path folder, Path root) {
        this.folder = folder;
        this.root = root;
    }

    /** @param data archive of a vault, or a path where there is none */
    static List<Row> run(Path folder, Path data) throws IOException, InterruptedException {
        Path root = Files.createDirectories(folder.resolve("vault"));
        if (Files.exists(data)) {
            output(List.of("tar", "-xf", data.toString(), "-C", root.toString()));
        } else {
            generate(root);
        }
        return new VaultBench(folder, root).run();
    }

    private List<Row> run() throws IOException, InterruptedException {
        Path index = folder.resolve("idx");
        long start = System.nanoTime();
        Map<String, Double> cold = child("index", root.toString(), index.toString());
        double seconds = (System.nanoTime() - start) / 1e9;
        Double sqlite = sqlite();
        Path questions = Files.write(folder.resolve("questions"), QUESTIONS);
        Double ripgrep = ripgrep();
        Map<String, Double> asked = child("ask", root.toString(), index.toString(), questions.toString());
        double p50 = asked.getOrDefault("search-p50", -1.0);
        String what = "vault of " + Math.round(cold.getOrDefault("notes", 0.0)) + " notes: ";
        return List.of(
                new Row(
                        what + "cold index, process start to committed",
                        seconds,
                        "s",
                        "SQLite FTS5 (sqlite3, readfile)",
                        sqlite,
                        "at most 30 s and two thirds of SQLite",
                        seconds <= 30 && sqlite != null && seconds <= sqlite * 2 / 3),
                atMost(what + "warm start to first answer", asked, "first-answer", 1_000, "ms"),
                atMost(what + "warm start to fully reconciled", asked, "reconciled", 3_000, "ms"),
                new Row(
                        what + "search, p50 of 1,000",
                        p50,
                        "ms",
                        "ripgrep (-il, first word)",
                        ripgrep,
                        "at most 1/100 of ripgrep",
                        p50 >= 0 && ripgrep != null && p50 <= ripgrep / 100),
                atMost(what + "search, p99 of 1,000", asked, "search-p99", 10, "ms"),
                atMost(what + "backlinks, p99 of 1,000", asked, "backlinks-p99", 1, "ms"),
                atMost(what + "save to found, p99 of 100, with debounce", asked, "save-p99", 500, "ms"),
                atMost(what + "burst of 3,000 files until all can be found", asked, "burst", 10_000, "ms"),
                atMost(what + "lost of that burst", asked, "burst-lost", 0, "notes"),
                atMost(what + "resident memory, indexing", cold, "resident", 400, "MB"),
                atMost(what + "resident memory, after 2,000 searches", asked, "resident", 400, "MB"));
    }

    private static Row atMost(String what, Map<String, Double> values, String name, double most, String unit) {
        double value = values.getOrDefault(name, -1.0);
        return new Row(
                what,
                value,
                unit,
                null,
                null,
                String.format(Locale.ROOT, "at most %,.0f %s", most, unit),
                value >= 0 && value <= most);
    }

    private static Map<String, Double> child(String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(VaultChild.flags());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "mirror.bench.VaultChild"));
        command.addAll(List.of(args));
        return VaultChild.parse(output(command));
    }

    /** Seconds, or null when there is no sqlite3 with FTS5. */
    private @Nullable Double sqlite() throws InterruptedException {
        Path script = folder.resolve("fts.sql");
        try {
            Files.writeString(
                    script,
                    "create virtual table notes using fts5(path, body, tokenize='porter unicode61');\n"
                            + "insert into notes select name, cast(readfile(name) as text) from fsdir('" + root
                            + "') where name like '%.md';\n");
            long start = System.nanoTime();
            output(List.of("sqlite3", folder.resolve("fts.db").toString(), ".read " + script));
            return (System.nanoTime() - start) / 1e9;
        } catch (IOException e) {
            System.err.println("SQLite was not measured: " + e.getMessage());
            return null;
        }
    }

    /** Median milliseconds of a search for one word in all notes, or null when there is no ripgrep. */
    private @Nullable Double ripgrep() throws InterruptedException {
        double[] times = new double[QUESTIONS.size()];
        try {
            for (int i = 0; i < times.length; i++) {
                String word = QUESTIONS.get(i).replace("\"", "").split(" ", 2)[0];
                long start = System.nanoTime();
                output(List.of("rg", "-il", "--glob", "*.md", word, root.toString()));
                times[i] = (System.nanoTime() - start) / 1e6;
            }
            return Main.percentile(times, 50);
        } catch (IOException e) {
            System.err.println("ripgrep was not measured: " + e.getMessage());
            return null;
        }
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command.getFirst() + " ended with exit code " + process.exitValue());
        }
        return text;
    }

    private static void generate(Path root) throws IOException {
        SplittableRandom random = new SplittableRandom(20260601);
        String[] words = String.join(" ", QUESTIONS).replace("\"", "").split(" ", -1);
        for (int i = 0; i < NOTES; i++) {
            StringBuilder text =
                    new StringBuilder("---\ntags: [t" + random.nextInt(50) + "]\n---\n# Note " + i + "\n\n");
            for (int n = 60 + random.nextInt(400); n > 0; n--) {
                text.append(random.nextInt(3) > 0 ? "w" + random.nextInt(60_000) : words[random.nextInt(words.length)])
                        .append(n % 12 == 0 ? '\n' : ' ');
            }
            text.append("\n[[Note ").append(random.nextInt(NOTES)).append("]]\n");
            Path folder = root.resolve("f" + i % 200);
            if (i < 200) {
                Files.createDirectories(folder);
            }
            Files.writeString(folder.resolve("Note " + i + ".md"), text);
        }
    }
}
