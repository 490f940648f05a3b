package mirror.tiers.council;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import mirror.tiers.ask.Fences.Quote;
import mirror.tiers.ask.Models;
import mirror.tiers.ask.Models.Said;

/**
 * One question before several models. What they say is taken apart into claims; a claim that only one of them makes is held against the vault and put to the others, and
 * marked with what came of it. A member that fails, stalls or talks nonsense is absent or says "unknown", and stops nobody. Nothing that a model says is
 * ever done. One run each; not thread-safe.
 */
final class Council {
    /** Claims of one answer that are looked into; sentences beyond it are counted as unchecked. */
    static final int CLAIMS = 30;

    /** Claims that are put to a member at once. */
    private static final int ASKED = 60;

    private final Models models;
    private final Evidence evidence;
    private final Prompts prompts;
    private final Executor threads;
    private final String question;
    private final Map<String, String> answers = new LinkedHashMap<>();
    /** What each claimed before it saw what the others did; empty as long as nobody has. */
    private final Map<String, List<String>> first = new LinkedHashMap<>();

    private final Map<String, String> absent = new LinkedHashMap<>();
    private final Set<String> present = new LinkedHashSet<>();
    private final List<Entry> entries = new ArrayList<>();
    private int unchecked;
    private int calls;
    private int answered;
    private long in;
    private long out;

    /** A claim while it is being looked into. */
    private static final class Entry {
        final String text;
        final Set<String> by = new LinkedHashSet<>();
        final Set<String> asked = new LinkedHashSet<>();
        final Set<String> yes = new LinkedHashSet<>();
        final Set<String> no = new LinkedHashSet<>();
        Evidence.Finding found = Evidence.Finding.UNKNOWN;
        boolean looked;

        Entry(String text) {
            this.text = text;
        }

        Checked checked() {
            return new Checked(
                    text,
                    List.copyOf(by),
                    yes.stream().filter(member -> !by.contains(member)).toList(),
                    no.stream().filter(member -> !by.contains(member)).toList(),
                    found);
        }
    }

    /** @param random for the fences around what models say */
    Council(Models models, Evidence evidence, RandomGenerator random, Executor threads, String question) {
        this.models = models;
        this.evidence = evidence;
        this.prompts = new Prompts(random);
        this.threads = threads;
        this.question = question;
    }

    /**
     * @param mode one of the three that say how
     * @param members in order
     * @param judge who writes the verdict of a council
     */
    Report run(Mode mode, Depth depth, List<String> members, String judge) {
        List<String> asked = depth == Depth.FAST ? members.subList(0, Math.min(2, members.size())) : members;
        return switch (mode) {
            case COUNCIL -> council(depth, asked, judge);
            case CHAIN -> chain(depth, asked);
            case VERIFY -> verify(depth, asked);
            case SKILLS, AUTO -> throw new IllegalArgumentException("the mode must be chosen before: " + mode);
        };
    }

    // ---- the modes

    private Report council(Depth depth, List<String> members, String judge) {
        Map<String, String> asked = new LinkedHashMap<>();
        members.forEach(member -> asked.put(member, prompts.answer(question)));
        ask(asked).forEach(this::take);
        collect();
        check(depth == Depth.DEEP);
        if (depth == Depth.DEEP && present.size() > 1) {
            Map<String, String> told = new LinkedHashMap<>();
            List<Checked> known = checked();
            answers.forEach((member, text) -> first.put(member, Claims.of(text, CLAIMS)));
            present.forEach(member -> told.put(
                    member, prompts.revise(question, answers.getOrDefault(member, ""), quotes(member), known)));
            ask(told).forEach((member, said) -> {
                if (said instanceof Said.Answer(String text, long _, long _)) {
                    answers.put(member, text);
                }
            });
            collect();
            check(true);
        }
        String verdict = best();
        if (depth == Depth.FAST || present.size() < 2) {
            return report(answers.getOrDefault(verdict, ""), verdict);
        }
        Said said = ask(judge, prompts.judge(question, quotes(""), checked()));
        if (said instanceof Said.Answer(String text, long _, long _)) {
            return report(text, judge);
        }
        if (said instanceof Said.Absent(String why, Models.Cause _)) {
            absent.put(judge + " (judge)", why);
        }
        return report(answers.getOrDefault(verdict, ""), verdict);
    }

    private Report chain(Depth depth, List<String> members) {
        String last = "";
        String text = "";
        for (String member : members) {
            String before = text;
            Said said = ask(member, before.isEmpty() ? prompts.answer(question) : prompts.improve(question, before));
            take(member, said);
            if (said instanceof Said.Answer(String better, long _, long _)) {
                last = member;
                text = better;
            }
        }
        return checkedOf(last, text, members, depth);
    }

    private Report verify(Depth depth, List<String> members) {
        for (String member : members) {
            Said said = ask(member, prompts.answer(question));
            take(member, said);
            if (said instanceof Said.Answer(String text, long _, long _)) {
                return checkedOf(member, text, members, depth);
            }
        }
        return report("", "");
    }

    /** The answer of one, of which each claim is put to all others; deep, it may answer once more, knowing what came of that. */
    private Report checkedOf(String author, String text, List<String> members, Depth depth) {
        if (author.isEmpty()) {
            return report("", "");
        }
        collect(Map.of(author, text));
        members.stream().filter(member -> !absent.containsKey(member)).forEach(present::add);
        check(true);
        if (depth != Depth.DEEP) {
            return report(text, author);
        }
        List<Checked> known = checked();
        Said said = ask(author, prompts.revise(question, text, List.of(), known));
        if (!(said instanceof Said.Answer(String better, long _, long _))) {
            return report(text, author);
        }
        answers.put(author, better);
        collect(Map.of(author, better));
        check(true);
        return report(better, author);
    }

    // ---- asking

    private Said ask(String member, String text) {
        return ask(Map.of(member, text)).values().iterator().next();
    }

    /** Asks them all at once, each what is told to it; what they say is in the same order. */
    private Map<String, Said> ask(Map<String, String> told) {
        Map<String, CompletableFuture<Said>> asked = new LinkedHashMap<>();
        told.forEach((member, text) ->
                asked.put(member, CompletableFuture.supplyAsync(() -> models.ask(member, text), threads)));
        Map<String, Said> said = new LinkedHashMap<>();
        asked.forEach((member, future) -> {
            calls++;
            Said each;
            try {
                each = future.join();
            } catch (CompletionException e) {
                each = new Said.Absent("asking it failed: " + e.getCause());
            }
            if (each instanceof Said.Answer(String _, long read, long written)) {
                answered++;
                in += read;
                out += written;
            }
            said.put(member, each);
        });
        return said;
    }

    private void take(String member, Said said) {
        switch (said) {
            case Said.Answer(String text, long _, long _) -> {
                answers.put(member, text);
                present.add(member);
            }
            case Said.Absent(String why, Models.Cause _) -> absent.put(member, why);
        }
    }

    private List<Quote> quotes(String but) {
        List<Quote> quotes = new ArrayList<>();
        answers.forEach((member, text) -> {
            if (!member.equals(but)) {
                quotes.add(new Quote("Answer " + (quotes.size() + 1), text));
            }
        });
        return quotes;
    }

    // ---- claims

    private void collect() {
        collect(answers);
    }

    /** Takes the answers apart. What was found out about a claim before stays. */
    private void collect(Map<String, String> texts) {
        Map<String, List<String>> sentences = new LinkedHashMap<>();
        unchecked = 0;
        texts.forEach((member, text) -> {
            List<String> all = Claims.of(text, Integer.MAX_VALUE);
            unchecked += Math.max(0, all.size() - CLAIMS);
            sentences.put(member, all.subList(0, Math.min(CLAIMS, all.size())));
        });
        entries.forEach(entry -> entry.by.clear());
        sentences.values().forEach(list -> list.forEach(this::entry));
        for (Entry entry : entries) {
            sentences.forEach((member, list) -> {
                if (list.stream().anyMatch(sentence -> Claims.says(sentence, entry.text))) {
                    entry.by.add(member);
                }
            });
            keepIndependent(entry);
        }
        // What nobody says any more needs nobody's opinion.
        entries.removeIf(entry -> entry.by.isEmpty());
    }

    /** Who took a claim over from another one does not speak for it. */
    private void keepIndependent(Entry entry) {
        if (first.isEmpty() || entry.by.size() < 2) {
            return;
        }
        String sayer = entry.by.iterator().next();
        Set<String> before = new LinkedHashSet<>(entry.by);
        before.removeIf(member -> first.getOrDefault(member, List.of()).stream()
                .noneMatch(sentence -> Claims.says(sentence, entry.text)));
        entry.by.retainAll(before.isEmpty() ? Set.of(sayer) : before);
    }

    private Entry entry(String claim) {
        for (Entry entry : entries) {
            if (Claims.says(entry.text, claim) && Claims.says(claim, entry.text)) {
                return entry;
            }
        }
        Entry made = new Entry(claim);
        entries.add(made);
        return made;
    }

    /** Looks into what only one member says, or into everything. */
    private void check(boolean all) {
        look(entries.stream().filter(entry -> all || entry.by.size() < 2).toList());
        if (present.size() < 2) {
            return;
        }
        Map<String, List<Entry>> put = new LinkedHashMap<>();
        Map<String, String> told = new LinkedHashMap<>();
        for (String member : present) {
            List<Entry> open = entries.stream()
                    .filter(entry -> entry.by.size() < 2 && !entry.by.contains(member) && !entry.asked.contains(member))
                    .limit(ASKED)
                    .toList();
            if (!open.isEmpty()) {
                put.put(member, open);
                told.put(
                        member,
                        prompts.check(
                                question, open.stream().map(entry -> entry.text).toList()));
            }
        }
        ask(told).forEach((member, said) -> {
            List<Entry> open = put.getOrDefault(member, List.of());
            switch (said) {
                case Said.Answer(String text, long _, long _) -> {
                    Map<Integer, Boolean> words = Prompts.words(text, open.size());
                    for (int i = 0; i < open.size(); i++) {
                        Entry entry = open.get(i);
                        entry.asked.add(member);
                        Boolean word = words.get(i);
                        if (word != null) {
                            (word ? entry.yes : entry.no).add(member);
                        }
                    }
                }
                case Said.Absent(String why, Models.Cause _) -> {
                    if (!answers.containsKey(member)) {
                        present.remove(member);
                    }
                    absent.put(member + " (checking)", why);
                }
            }
        });
    }

    private void look(List<Entry> some) {
        for (Entry entry : some) {
            if (!entry.looked) {
                entry.looked = true;
                entry.found = evidence.look(entry.text);
            }
        }
    }

    private List<Checked> checked() {
        return entries.stream().map(Entry::checked).toList();
    }

    /** The member whose answer has most claims that hold for each that does not; of equals the first. */
    private String best() {
        return answers.keySet().stream()
                .max(Comparator.comparingDouble(this::worth))
                .map(most -> answers.keySet().stream()
                        .filter(member -> worth(member) >= worth(most))
                        .findFirst()
                        .orElse(most))
                .orElse("");
    }

    private double worth(String member) {
        return entries.stream()
                .filter(entry -> entry.by.contains(member))
                .map(Entry::checked)
                .mapToDouble(claim -> claim.mark().holds() ? 1 : -0.5)
                .sum();
    }

    // ---- the end

    private Report report(String verdict, String by) {
        List<String> all = Claims.of(verdict, Integer.MAX_VALUE);
        List<String> sentences = all.subList(0, Math.min(CLAIMS, all.size()));
        if (!answers.containsValue(verdict)) {
            unchecked += all.size() - sentences.size();
        }
        List<Checked> claims = new ArrayList<>();
        Set<Entry> used = new LinkedHashSet<>();
        for (String sentence : sentences) {
            Entry entry = entry(sentence);
            if (entry.by.isEmpty()) {
                // New words of the judge: what the answers say in others counts as theirs, the rest as its own.
                answers.forEach((member, text) -> {
                    if (Claims.of(text, CLAIMS).stream().anyMatch(said -> Claims.says(said, sentence))) {
                        entry.by.add(member);
                    }
                });
                if (entry.by.isEmpty()) {
                    entry.by.add(by);
                }
            }
            used.add(entry);
        }
        look(List.copyOf(used));
        used.forEach(entry -> claims.add(entry.checked()));
        List<Checked> others = entries.stream()
                .filter(entry -> !used.contains(entry))
                .map(Entry::checked)
                .toList();
        return new Report(
                verdict,
                by,
                claims,
                others,
                answers,
                absent,
                List.copyOf(present),
                unchecked,
                calls,
                answered,
                in,
                out);
    }
}
