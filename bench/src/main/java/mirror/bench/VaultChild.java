package mirror.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import mirror.vault.Hit;
import mirror.vault.LiveVault;
import mirror.vault.SearchRequest;
import mirror.vault.SearchRequest.By;
import mirror.vault.Vault;
import mirror.vault.embed.Embedder;
import mirror.vault.embed.Embeddings;

/**
 * A vault in a process with the daemon's own settings; prints {@code name value} lines. {@code index} makes the index from nothing;
 * {@code ask} opens it again, asks it, and writes notes below {@code scratch} of the vault; {@code mean} embeds it and asks it by meaning.
 */
public final class VaultChild {
    private static final int ASKED = 1_000;
    private static final int SAVES = 100;
    private static final int BURST = 3_000;

    private VaultChild() {}

    public static void main(String[] args) throws Exception {
        Path root = Path.of(args[1]);
        Path index = Path.of(args[2]);
        if (args[0].equals("index")) {
            try (Vault vault = Vault.open(root, index, InstantSource.system(), null)) {
                print("notes", vault.reconcile().notes());
            }
            print("resident", Main.residentMegabytes(ProcessHandle.current().pid()));
            return;
        }
        List<String> lines = Files.readAllLines(Path.of(args[3]));
        if (args[0].equals("mean")) {
            mean(root, index, lines);
        } else {
            ask(root, index, lines, args[0].equals("warm"));
        }
    }

    /** @param lines for each question the question, a tab, and the names of the notes that answer it, separated by blanks */
    private static void mean(Path root, Path index, List<String> lines) throws Exception {
        long start = System.nanoTime();
        try (Vault vault = meaning(root, index)) {
            vault.reconcile();
            vault.settleMeanings();
            print("chunks", vault.embedded());
            print("chunks a second", (double) vault.embedded() / (millis(start) / 1_000));
        }
        try (Vault vault = meaning(root, index)) {
            vault.reconcile();
            vault.settleMeanings();
            print("embedded again", vault.embedded());
            print("ndcg words", ndcg(vault, lines, By.WORDS));
            print("ndcg both", ndcg(vault, lines, By.BOTH));
            double[] times = new double[ASKED];
            for (int i = 0; i < ASKED; i++) {
                String question = lines.get(i % lines.size()).split("\t", 2)[0];
                long at = System.nanoTime();
                vault.search(SearchRequest.of(question, By.BOTH, 10));
                times[i] = millis(at);
            }
            print("hybrid p50", Main.percentile(times, 50));
            print("hybrid p99", Main.percentile(times, 99));
            print("resident", Main.residentMegabytes(ProcessHandle.current().pid()));
        }
    }

    private static Vault meaning(Path root, Path index) throws IOException {
        return Vault.open(root, index, InstantSource.system(), new Embeddings(Embedder::load, InstantSource.system()));
    }

    /**
     * The mean normalised discounted cumulative gain of the first ten hits; every answer counts the same.
     *
     * @see <a href="https://doi.org/10.1145/582415.582418">Järvelin and Kekäläinen (2002)</a>
     */
    private static double ndcg(Vault vault, List<String> lines, By by) throws IOException {
        double sum = 0;
        for (String line : lines) {
            String[] parts = line.split("\t", 2);
            List<String> answers = Arrays.asList(parts[1].split(" ", -1));
            List<Hit> hits = vault.search(SearchRequest.of(parts[0], by, 10)).hits();
            double gain = 0;
            double best = 0;
            for (int i = 0; i < 10; i++) {
                double discount = Math.log(2) / Math.log(i + 2);
                gain += i < hits.size() && answers.contains(hits.get(i).path()) ? discount : 0;
                best += i < answers.size() ? discount : 0;
            }
            sum += gain / best;
        }
        return sum / lines.size();
    }

    /** @param only up to where the vault is reconciled */
    private static void ask(Path root, Path index, List<String> questions, boolean only) throws Exception {
        long start = System.nanoTime();
        try (LiveVault live = new LiveVault(root, index, InstantSource.system(), null).start()) {
            Vault vault = await(live);
            vault.search(SearchRequest.of(questions.getFirst(), 10));
            print("first answer", millis(start));
            while (vault.freshness().reconciled() == null) {
                Thread.sleep(1);
            }
            print("reconciled", millis(start));
            if (only) {
                return;
            }
            live.settle();
            double[] times = new double[ASKED];
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < ASKED; i++) {
                    long at = System.nanoTime();
                    vault.search(SearchRequest.of(questions.get(i % questions.size()), 10));
                    times[i] = (System.nanoTime() - at) / 1e6;
                }
            }
            print("search p50", Main.percentile(times, 50));
            print("search p99", Main.percentile(times, 99));
            backlinks(vault);
            print("resident", Main.residentMegabytes(ProcessHandle.current().pid()));
            saves(root, vault);
            burst(root, vault);
        }
    }

    private static Vault await(LiveVault live) throws InterruptedException {
        while (true) {
            try {
                return live.vault();
            } catch (LiveVault.Unavailable notYet) {
                Thread.sleep(1);
            }
        }
    }

    private static void backlinks(Vault vault) {
        List<String> targets = new ArrayList<>();
        vault.links().graph().values().forEach(targets::addAll);
        if (targets.isEmpty()) {
            return;
        }
        SplittableRandom random = new SplittableRandom(7);
        double[] times = new double[ASKED];
        for (int i = 0; i < ASKED; i++) {
            String target = targets.get(random.nextInt(targets.size()));
            long at = System.nanoTime();
            vault.links().to(target);
            times[i] = (System.nanoTime() - at) / 1e6;
        }
        print("backlinks p99", Main.percentile(times, 99));
    }

    private static void saves(Path root, Vault vault) throws IOException {
        Path folder = Files.createDirectories(root.resolve("scratch"));
        double[] times = new double[SAVES];
        for (int i = 0; i < SAVES; i++) {
            String word = "zq" + i + "x";
            long at = System.nanoTime();
            Files.writeString(folder.resolve("s" + i % 10 + ".md"), "saved " + word + "\n");
            List<Hit> hits;
            do {
                hits = vault.search(SearchRequest.of(word, 1)).hits();
            } while (hits.isEmpty());
            times[i] = millis(at);
        }
        print("save p99", Main.percentile(times, 99));
    }

    private static void burst(Path root, Vault vault) throws IOException {
        Path folder = Files.createDirectories(root.resolve("scratch/burst"));
        int before = vault.freshness().notes();
        long at = System.nanoTime();
        for (int i = 0; i < BURST; i++) {
            Files.writeString(folder.resolve("b" + i + ".md"), "burst note " + i + "\n");
        }
        while (vault.freshness().notes() < before + BURST && millis(at) < 120_000) {
            Thread.onSpinWait();
        }
        print("burst", millis(at));
        print("burst lost", before + BURST - vault.freshness().notes());
    }

    private static double millis(long since) {
        return (System.nanoTime() - since) / 1e6;
    }

    private static void print(String name, long value) {
        print(name, (double) value);
    }

    private static void print(String name, double value) {
        System.out.println(name.replace(' ', '-') + " " + value);
    }

    /** What a child printed, by name. */
    static Map<String, Double> parse(String text) {
        Map<String, Double> values = new HashMap<>();
        text.lines()
                .map(line -> line.split(" ", 2))
                .filter(pair -> pair.length == 2)
                .forEach(pair -> values.put(pair[0], Double.parseDouble(pair[1])));
        return values;
    }
}
