package mirror.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
    static final List<String> QUESTIONS = List.of(
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

    /**
     * @param data archive of a vault, or a path where there is none
     * @param retrieval folder of a retrieval set ({@code corpus.tsv.xz}, {@code queries.tsv}, {@code qrels.txt}), or a path where there is none
     */
    static List<Row> run(Path folder, Path data, Path retrieval) throws IOException, InterruptedException {
        Path root = notes(folder.resolve("vault"), data);
        List<Row> rows = new ArrayList<>(new VaultBench(folder, root).run());
        if (Files.isDirectory(retrieval)) {
            rows.addAll(meanings(folder, retrieval));
        }
        return rows;
    }

    /** The notes of the archive, or made ones where there is none. */
    static Path notes(Path root, Path data) throws IOException, InterruptedException {
        Files.createDirectories(root);
        if (Files.exists(data)) {
            output(List.of("tar", "-xf", data.toString(), "-C", root.toString()));
        } else {
            generate(root);
        }
        return root;
    }

    /** Every text of the set becomes a note. */
    private static List<Row> meanings(Path folder, Path retrieval) throws IOException, InterruptedException {
        Path root = Files.createDirectories(folder.resolve("retrieval"));
        String corpus =
                output(List.of("xz", "-dc", retrieval.resolve("corpus.tsv.xz").toString()));
        for (String line : corpus.lines().toList()) {
            String[] parts = line.split("\t", 2);
            Files.writeString(root.resolve(parts[0] + ".md"), parts[1] + "\n");
        }
        Map<String, StringBuilder> answers = new HashMap<>();
        for (String line : Files.readAllLines(retrieval.resolve("qrels.txt"))) {
            String[] parts = line.split("\\s+", 4);
            answers.computeIfAbsent(parts[0], _ -> new StringBuilder())
                    .append(' ')
                    .append(parts[2])
                    .append(".md");
        }
        List<String> questions = new ArrayList<>();
        for (String line : Files.readAllLines(retrieval.resolve("queries.tsv"))) {
            String[] parts = line.split("\t", 2);
            if (answers.containsKey(parts[0])) {
                questions.add(parts[1] + "\t" + answers.get(parts[0]).toString().strip());
            }
        }
        Path lines = Files.write(folder.resolve("meant"), questions);
        Map<String, Double> meant =
                child("mean", root.toString(), folder.resolve("meant-idx").toString(), lines.toString());
        double words = meant.getOrDefault("ndcg-words", -1.0);
        double both = meant.getOrDefault("ndcg-both", -1.0);
        String what = "SciFact, " + questions.size() + " development questions: ";
        return List.of(
                new Row(
                        what + "words and meanings, nDCG@10",
                        both,
                        "",
                        "words alone (BM25)",
                        words,
                        "at least 0.72 and words alone",
                        both >= 0.72 && both >= words),
                atMost(what + "words and meanings, p99 of 1,000", meant, "hybrid-p99", 40, "ms"),
                atMost(what + "embedded again after a restart", meant, "embedded-again", 0, "chunks"),
                // 51,000 notes of the development vault are 222,024 different chunks.
                new Row(
                        what + "chunks embedded a second",
                        meant.getOrDefault("chunks-a-second", -1.0),
                        "1/s",
                        null,
                        null,
                        "at least 31 (222,024 chunks of 51,000 notes in two hours)",
                        meant.getOrDefault("chunks-a-second", -1.0) >= 31),
                atMost(what + "resident memory with the model", meant, "resident", 700, "MB"));
    }

    private List<Row> run() throws IOException, InterruptedException {
        Path index = folder.resolve("idx");
        long start = System.nanoTime();
        Map<String, Double> cold = child("index", root.toString(), index.toString());
        double seconds = (System.nanoTime() - start) / 1e9;
        Double sqlite = sqlite();
        Path questions = Files.write(folder.resolve("questions"), QUESTIONS);
        Double ripgrep = ripgrep();
        // The daemon has a class cache, too.
        Path cache = folder.resolve("ask.aot");
        output(command(
                "-XX:AOTCacheOutput=" + cache,
                List.of("warm", root.toString(), index.toString(), questions.toString())));
        Map<String, Double> asked =
                child("-XX:AOTCache=" + cache, List.of("ask", root.toString(), index.toString(), questions.toString()));
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
        return child("-XX:AOTMode=off", List.of(args));
    }

    private static Map<String, Double> child(String cache, List<String> args) throws IOException, InterruptedException {
        return VaultChild.parse(output(command(cache, args)));
    }

    private static List<String> command(String cache, List<String> args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Main.daemonFlags());
        command.addAll(List.of(
                cache, "-Xlog:disable", "-cp", System.getProperty("java.class.path"), "mirror.bench.VaultChild"));
        command.addAll(args);
        return command;
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
