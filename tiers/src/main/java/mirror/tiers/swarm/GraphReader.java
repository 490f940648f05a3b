package mirror.tiers.swarm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mirror.bus.Json;
import mirror.tiers.Candidate;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.ask.Texts;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads graphs: the owner's file, a conductor's plan, and what a task asks for while it runs; docs/swarm.md is the contract. One reader
 * for the three, because the last two are written by models: what such a text may not say is no key there. Unknown keys and wrong values are
 * faults, all are told at once, and a text with a fault gives nothing. Stateless.
 */
final class GraphReader {
    static final int MOST_TASKS = 100;
    static final int DEEPEST = 2;
    private static final int MAX_BYTES = 256 * 1024;
    private static final int PROMPT = 16_000;
    private static final int MOST_NEEDS = 20;
    private static final int OUTPUT = 2_000;
    private static final int SECONDS = 300;
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");
    private static final String ID_WORDS = "1 to 32 lower case letters, digits and dashes";
    private static final Pattern ROUTE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}");
    private static final Pattern EFFECT = Pattern.compile("egress:[A-Za-z0-9.:-]{1,253}|run:llama\\.cpp");
    private static final String EFFECTS = "egress:HOST or run:llama.cpp, which is all that a call of a model does";
    private static final Pattern ANYTHING = Pattern.compile("(?s).{1,500}");

    private static final List<String> TOP = List.of(
            "name",
            "cents",
            "tokens",
            "minutes",
            "parallel",
            "free-memory",
            "sensitivity",
            "effects",
            "model",
            "tasks");
    private static final List<String> OWNERS = List.of(
            "id",
            "prompt",
            "needs",
            "model",
            "cents",
            "tokens",
            "output",
            "sensitivity",
            "effects",
            "retries",
            "seconds",
            "children",
            "memory",
            "check");
    private static final List<String> PLANNED =
            List.of("id", "prompt", "needs", "model", "cents", "tokens", "output", "retries", "seconds", "check");
    private static final List<String> ASKED =
            List.of("id", "prompt", "needs", "cents", "tokens", "output", "seconds", "children", "check");

    private final Tiers tiers;
    private final List<String> faults = new ArrayList<>();

    private GraphReader(Tiers tiers) {
        this.tiers = tiers;
    }

    /** What a conductor may decide, and what the owner did. */
    record Bounds(
            String name,
            String goal,
            List<String> models,
            Purse purse,
            int tasks,
            Sensitivity sensitivity,
            int minutes) {
        Bounds {
            models = List.copyOf(models);
        }
    }

    /** A task as it is written, before what it left open (0, nothing, empty) is decided. */
    private record Raw(
            String at,
            String id,
            String prompt,
            List<String> needs,
            String model,
            OptionalLong cents,
            OptionalLong tokens,
            int output,
            @Nullable Sensitivity sensitivity,
            List<String> effects,
            int retries,
            int seconds,
            int children,
            boolean memory,
            Check check) {}

    // ---- the three texts

    /**
     * The owner's file.
     *
     * @param name of the graph when the file names none; may be one that no graph can have
     * @throws GraphFault with all faults
     */
    static Graph file(byte[] yaml, String name, Tiers tiers) throws GraphFault {
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new GraphFault(List.of(e.getMessage()));
        }
        return new GraphReader(tiers).graph(loaded, name);
    }

    /**
     * A conductor's plan: one JSON object with {@code tasks} and nothing else.
     *
     * @throws GraphFault with all faults
     */
    static Graph plan(String json, Bounds bounds, Tiers tiers) throws GraphFault {
        GraphReader reader = new GraphReader(tiers);
        Fields top = new Fields(parsed(json, MAX_BYTES), "", reader.faults, List.of("tasks"));
        List<Raw> raws = reader.tasks(top.get("tasks"), PLANNED, bounds.tasks, bounds.models.getFirst());
        for (Raw raw : raws) {
            if (!bounds.models.contains(raw.model)) {
                reader.faults.add(raw.at + "model must be one of " + String.join(", ", bounds.models));
            }
        }
        List<Task> tasks = reader.decided(raws, bounds.purse, bounds.sensitivity, List.of());
        reader.end();
        return new Graph(
                bounds.name,
                bounds.purse.cents(),
                bounds.purse.tokens(),
                4,
                256,
                bounds.minutes,
                bounds.sensitivity,
                tasks);
    }

    /**
     * What a task asks for while it runs: one JSON array of tasks. They have its model, effects and sensitivity, and share at most half of what it has left.
     *
     * @param left of the parent's money and tokens
     * @param most how many more tasks the run may have
     * @throws GraphFault with all faults
     */
    static List<Task> children(String json, Task parent, Purse left, int most, Tiers tiers) throws GraphFault {
        GraphReader reader = new GraphReader(tiers);
        if (parent.depth() >= DEEPEST) {
            throw new GraphFault(List.of("tasks are not asked for more than " + DEEPEST + " deep"));
        }
        List<Raw> raws = reader.tasks(
                parsed(json, MAX_BYTES), ASKED, Math.min(parent.children(), Math.max(0, most)), parent.model());
        List<Task> children = new ArrayList<>();
        String prefix = parent.id() + ".";
        for (Raw raw : raws) {
            if (raw.children > parent.children()) {
                reader.faults.add(raw.at + "children must not be more than its parent's, " + parent.children());
            } else if (raw.children > 0 && parent.depth() + 1 >= DEEPEST) {
                reader.faults.add(raw.at + "children: tasks are not asked for more than " + DEEPEST + " deep");
            }
            if (raw.output > parent.output()) {
                reader.faults.add(raw.at + "output must not be more than its parent's, " + parent.output());
            }
        }
        Map<String, Purse> purses = reader.purses(raws, left.half());
        for (Raw raw : reader.sorted(raws)) {
            Purse purse = purses.getOrDefault(raw.id, Purse.EMPTY);
            children.add(new Task(
                    prefix + raw.id,
                    parent.id(),
                    parent.depth() + 1,
                    raw.prompt,
                    raw.needs.stream().map(prefix::concat).toList(),
                    parent.model(),
                    purse.cents(),
                    purse.tokens(),
                    raw.output == 0 ? parent.output() : raw.output,
                    parent.sensitivity(),
                    parent.effects(),
                    parent.retries(),
                    raw.seconds == 0 ? parent.seconds() : raw.seconds,
                    raw.children,
                    false,
                    raw.check));
        }
        reader.end();
        return children;
    }

    private static Object parsed(String json, int most) throws GraphFault {
        if (json.length() > most) {
            throw new GraphFault(List.of("it is longer than " + most + " characters"));
        }
        try {
            JsonNode node = Json.one(json.getBytes(StandardCharsets.UTF_8));
            return node.isMissingNode() ? "" : Json.MAPPER.treeToValue(node, Object.class);
        } catch (JacksonException e) {
            throw new GraphFault(List.of("it is not JSON: " + Texts.line(e.getOriginalMessage(), 200)));
        }
    }

    private void end() throws GraphFault {
        if (!faults.isEmpty()) {
            throw new GraphFault(faults);
        }
    }

    // ---- parts

    private Graph graph(@Nullable Object loaded, String fallback) throws GraphFault {
        Fields top = new Fields(loaded, "", faults, TOP);
        String name = top.name("name", ID, ID.matcher(fallback).matches() ? fallback : "", ID_WORDS);
        long cents = top.number("cents", 1, 1_000_000, 100);
        long tokens = top.number("tokens", 1, 1_000_000_000_000L, LeaseScope.UNLIMITED);
        int minutes = (int) top.number("minutes", 1, 24 * 60, 60);
        int parallel = (int) top.number("parallel", 1, 16, 4);
        int free = (int) top.number("free-memory", 0, 1_000_000, 256);
        Sensitivity sensitivity = sensitivity(top);
        Sensitivity least = sensitivity == null ? Sensitivity.INTERNAL : sensitivity;
        List<String> allowed = top.texts("effects", EFFECT, EFFECTS);
        String model = top.has("model") ? top.name("model", ROUTE, "", "the name of a route or a model") : "";
        List<Raw> raws = tasks(top.get("tasks"), OWNERS, MOST_TASKS, model);
        List<Task> tasks = decided(raws, new Purse(cents, tokens), least, allowed);
        end();
        return new Graph(name, cents, tokens, parallel, free, minutes, least, tasks);
    }

    private @Nullable Sensitivity sensitivity(Fields fields) {
        if (!fields.has("sensitivity")) {
            return null;
        }
        Sensitivity said =
                Sensitivity.of(String.valueOf(fields.get("sensitivity"))).orElse(null);
        if (said == null || said == Sensitivity.NEVER_SHARE) {
            fields.fault(
                    "sensitivity",
                    "must be public, internal, private or secret; what must never be shared is told to no model");
            return null;
        }
        return said;
    }

    private List<Raw> tasks(@Nullable Object value, List<String> keys, int most, String model) {
        if (!(value instanceof List<?> list) || list.isEmpty() || list.size() > most) {
            faults.add(most < 1 ? "no more tasks may be asked for" : "tasks must be a list of 1 to " + most + " tasks");
            return List.of();
        }
        List<Raw> raws = new ArrayList<>();
        Set<String> ids = new LinkedHashSet<>();
        for (int i = 0; i < list.size(); i++) {
            Raw raw = task(list.get(i), "tasks[" + (i + 1) + "].", keys, model);
            if (!raw.id.isEmpty() && !ids.add(raw.id)) {
                faults.add(raw.at + "id: there is a task '" + raw.id + "' already");
            }
            raws.add(raw);
        }
        for (Raw raw : raws) {
            for (String need : raw.needs) {
                if (need.equals(raw.id)) {
                    faults.add(raw.at + "needs names the task itself");
                } else if (!ids.contains(need)) {
                    faults.add(raw.at + "needs: there is no task '" + need + "'");
                }
            }
        }
        return raws;
    }

    private Raw task(@Nullable Object value, String at, List<String> keys, String model) {
        Fields fields = new Fields(value, at, faults, keys);
        List<String> needs = fields.texts("needs", ID, "ids of tasks");
        if (needs.size() > MOST_NEEDS || needs.stream().distinct().count() < needs.size()) {
            fields.fault("needs", "names at most " + MOST_NEEDS + " tasks, each once");
        }
        return new Raw(
                at,
                fields.name("id", ID, "", ID_WORDS),
                fields.text("prompt", PROMPT, true),
                needs,
                fields.name("model", ROUTE, model, "the name of a route or a model, here or for all tasks"),
                fields.number("cents", 1, 1_000_000),
                fields.number("tokens", 1, 1_000_000_000_000L),
                (int) fields.number("output", 1, 100_000, 0),
                sensitivity(fields),
                fields.texts("effects", EFFECT, EFFECTS),
                (int) fields.number("retries", 0, 5, 1),
                (int) fields.number("seconds", 1, 3_600, 0),
                (int) fields.number("children", 0, 20, 0),
                fields.flag("memory"),
                fields.has("check") ? check(fields.get("check"), at + "check.") : Check.NONE);
    }

    private Check check(@Nullable Object value, String at) {
        Fields fields = new Fields(value, at, faults, List.of("contains", "json", "matches", "longest"));
        String pattern = fields.text("matches", 500, false);
        Check.refusal(pattern).ifPresent(why -> fields.fault("matches", "is " + why));
        return new Check(
                fields.texts("contains", ANYTHING, "texts of 1 to 500 characters"), fields.flag("json"), pattern, (int)
                        fields.number("longest", 1, 1_000_000, 0));
    }

    // ---- what was left open

    /** @param allowed what the graph may bring about; empty: what its models do */
    private List<Task> decided(List<Raw> raws, Purse purse, Sensitivity least, List<String> allowed) {
        Map<String, Purse> purses = purses(raws, purse);
        Map<String, Sensitivity> labels = new LinkedHashMap<>();
        List<Task> tasks = new ArrayList<>();
        for (Raw raw : sorted(raws)) {
            Sensitivity floor = least;
            for (String need : raw.needs) {
                Sensitivity of = labels.getOrDefault(need, least);
                floor = of.compareTo(floor) > 0 ? of : floor;
            }
            Sensitivity label = raw.sensitivity == null ? floor : raw.sensitivity;
            if (label.compareTo(floor) < 0) {
                faults.add(raw.at + "sensitivity must be at least " + floor.text()
                        + ", as that of the graph and of what it needs is");
            }
            labels.put(raw.id, label);
            Purse of = purses.getOrDefault(raw.id, Purse.EMPTY);
            tasks.add(new Task(
                    raw.id,
                    "",
                    0,
                    raw.prompt,
                    raw.needs,
                    raw.model,
                    of.cents(),
                    of.tokens(),
                    raw.output == 0 ? OUTPUT : raw.output,
                    label,
                    reach(raw, label, allowed),
                    raw.retries,
                    raw.seconds == 0 ? SECONDS : raw.seconds,
                    raw.children,
                    raw.memory,
                    raw.check));
        }
        return tasks;
    }

    /** The effects of a task: those of its model, as far as the graph and the task itself say, and only near ones for what must stay here. */
    private List<String> reach(Raw raw, Sensitivity label, List<String> allowed) {
        Route route = tiers.route(raw.model).orElse(null);
        if (route == null || route.candidates().isEmpty()) {
            if (!raw.model.isEmpty()) {
                faults.add(raw.at + "model: there is no route and no model '" + raw.model
                        + "'; 'mirror tiers' shows them");
            }
            return List.of();
        }
        List<Candidate> staying = route.candidates().stream()
                .filter(each -> each.provider().local() || !Graph.stays(label))
                .toList();
        if (staying.isEmpty()) {
            faults.add(raw.at + "model: what is " + label.text() + " stays here, and '" + raw.model
                    + "' has no local provider");
            return List.of();
        }
        Set<String> own = staying.stream()
                .map(each -> each.provider().term())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        Collection<String> most = allowed.isEmpty() ? own : allowed;
        for (String effect : raw.effects) {
            if (!most.contains(effect)) {
                faults.add(raw.at + "effects: " + effect + " is more than the graph has");
            }
        }
        own.retainAll(raw.effects.isEmpty() ? most : raw.effects);
        if (own.isEmpty()) {
            faults.add(raw.at + "effects cover nothing that calls of its model do: '" + raw.model + "'");
        }
        return List.copyOf(own);
    }

    /** Each task's own, or its share of what those leave; together never more than there is. */
    private Map<String, Purse> purses(List<Raw> raws, Purse purse) {
        Map<String, Long> cents = new LinkedHashMap<>();
        Map<String, Long> tokens = new LinkedHashMap<>();
        raws.forEach(raw -> raw.cents.ifPresent(own -> cents.put(raw.id, own)));
        raws.forEach(raw -> raw.tokens.ifPresent(own -> tokens.put(raw.id, own)));
        share("cents", raws, cents, purse.cents());
        if (!purse.isUnlimited()) {
            share("tokens", raws, tokens, purse.tokens());
        }
        Map<String, Purse> purses = new LinkedHashMap<>();
        for (Raw raw : raws) {
            purses.put(
                    raw.id,
                    new Purse(cents.getOrDefault(raw.id, 0L), tokens.getOrDefault(raw.id, LeaseScope.UNLIMITED)));
        }
        return purses;
    }

    private void share(String what, List<Raw> raws, Map<String, Long> own, long all) {
        long named = own.values().stream().mapToLong(Long::longValue).sum();
        long open = raws.stream().filter(raw -> !own.containsKey(raw.id)).count();
        if (named > all) {
            faults.add("the tasks name " + named + " " + what + " together, and there are " + all + " for all of them");
        } else if (open > 0 && (all - named) / open < 1) {
            faults.add("tasks without " + what + " of their own have nothing left: " + (all - named) + " for " + open
                    + " of them; give more, or name less");
        } else if (open > 0) {
            long each = (all - named) / open;
            raws.forEach(raw -> own.putIfAbsent(raw.id, each));
        }
    }

    /** Each after those that it needs; the rest, when there is a circle, is a fault. */
    private List<Raw> sorted(List<Raw> raws) {
        List<Raw> sorted = new ArrayList<>();
        Set<String> done = new LinkedHashSet<>();
        List<Raw> open = new ArrayList<>(raws);
        boolean more = true;
        while (more) {
            more = false;
            for (Raw raw : List.copyOf(open)) {
                if (done.containsAll(raw.needs)) {
                    open.remove(raw);
                    sorted.add(raw);
                    more |= done.add(raw.id);
                }
            }
        }
        if (!open.isEmpty() && faults.isEmpty()) {
            faults.add("tasks need each other in a circle: "
                    + open.stream().map(Raw::id).collect(Collectors.joining(", ")));
        }
        return sorted;
    }
}
