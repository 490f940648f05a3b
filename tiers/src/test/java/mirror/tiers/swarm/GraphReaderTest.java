package mirror.tiers.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import mirror.bus.Seed;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What a file, a conductor or a task says becomes a graph within its limits, or nothing. */
final class GraphReaderTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Tiers tiers;

    @BeforeEach
    void open() throws Exception {
        Path file = Files.writeString(folder.resolve("tiers.yaml"), Life.TIERS);
        TiersFile read = new TiersFile(file, Map.of(), System.getProperty("user.name"), System::nanoTime);
        Tiers now = read.current().tiers();
        assertThat(now).as(String.valueOf(read.current().refusal())).isNotNull();
        tiers = java.util.Objects.requireNonNull(now);
    }

    private Graph read(String yaml) throws GraphFault {
        return GraphReader.file(yaml.getBytes(StandardCharsets.UTF_8), "test", tiers);
    }

    @Test
    void aFileBecomesAGraphInWhichEveryTaskStandsAfterWhatItNeeds() throws GraphFault {
        Graph graph = read("""
                cents: 10
                model: both
                tasks:
                  - {id: write, needs: [collect], prompt: "Write.", cents: 4}
                  - {id: collect, prompt: "List."}
                """);
        assertThat(graph.name()).isEqualTo("test");
        assertThat(graph.ids()).containsExactly("collect", "write");
        assertThat(graph.tasks().getFirst().cents()).isEqualTo(6);
        assertThat(graph.effects()).containsExactlyInAnyOrder("egress:api.example.org", "egress:127.0.0.1");
        assertThat(graph.tasks().getFirst().tokens()).isEqualTo(LeaseScope.UNLIMITED);
    }

    @Test
    void allFaultsOfAFileAreToldAtOnceEachWithItsPlace() {
        assertThatThrownBy(() -> read("""
                cent: 3
                parallel: 99
                tasks:
                  - {id: A, prompt: "x", model: nobody}
                  - {id: b, prompt: "", model: m, needs: [b, gone], retries: -1}
                  - {id: c, prompt: "x", model: m, check: {matches: "(", size: 3}}
                  - {id: c, prompt: "x", model: m, effects: [run:rm]}
                """))
                .isInstanceOf(GraphFault.class)
                .hasMessageContainingAll(
                        "unknown key 'cent'",
                        "parallel must be a whole number from 1 to 16",
                        "tasks[1].id must be",
                        "there is no route and no model 'nobody'",
                        "tasks[2].prompt must be text",
                        "tasks[2].needs names the task itself",
                        "there is no task 'gone'",
                        "tasks[2].retries must be",
                        "tasks[3].check.matches is not a pattern",
                        "unknown key 'tasks[3].check.size'",
                        "tasks[4].id: there is a task 'c' already",
                        "tasks[4].effects must be a list of egress:HOST");
    }

    @Test
    void aCircleIsRefusedAndSoIsMoreThanAGraphMayHave() {
        assertThatThrownBy(() -> read("""
                model: m
                tasks: [{id: a, prompt: x, needs: [b]}, {id: b, prompt: x, needs: [c]}, {id: c, prompt: x, needs: [a]}, {id: d, prompt: x}]
                """)).hasMessage("tasks need each other in a circle: a, b, c");
        StringBuilder many = new StringBuilder("model: m\ncents: 1000\ntasks:\n");
        for (int i = 0; i <= GraphReader.MOST_TASKS; i++) {
            many.append("  - {id: t").append(i).append(", prompt: x}\n");
        }
        assertThatThrownBy(() -> read(many.toString())).hasMessageContaining("1 to 100 tasks");
        assertThatThrownBy(() -> read("tasks: " + "[".repeat(5_000))).isInstanceOf(GraphFault.class);
        assertThatThrownBy(() -> read("tasks: &a [*a]")).isInstanceOf(GraphFault.class);
        assertThatThrownBy(() -> read("x".repeat(300_000))).hasMessageContaining("larger than 256 KB");
    }

    @Test
    void whatTasksMaySpendNeverComesToMoreThanTheGraphsCeiling() {
        assertThatThrownBy(() -> read("""
                model: m
                cents: 5
                tasks: [{id: a, prompt: x, cents: 3}, {id: b, prompt: x, cents: 3}]
                """)).hasMessageContaining("the tasks name 6 cents together, and there are 5");
        assertThatThrownBy(() -> read("""
                model: m
                cents: 3
                tasks: [{id: a, prompt: x, cents: 3}, {id: b, prompt: x}]
                """)).hasMessageContaining("nothing left");
    }

    @Test
    void whatATaskIsToldMakesItAtLeastAsRestrictedAndSecretsStayOnLocalProviders() throws GraphFault {
        Graph graph = read("""
                model: both
                tasks: [{id: a, prompt: x, sensitivity: secret}, {id: b, prompt: x, needs: [a]}, {id: c, prompt: x}]
                """);
        assertThat(graph.tasks())
                .extracting(Task::sensitivity)
                .containsExactly(Sensitivity.SECRET, Sensitivity.SECRET, Sensitivity.INTERNAL);
        assertThat(graph.tasks().get(1).effects()).containsExactly("egress:127.0.0.1");
        assertThatThrownBy(() -> read("""
                model: both
                tasks: [{id: a, prompt: x, sensitivity: secret}, {id: b, prompt: x, needs: [a], sensitivity: public}]
                """)).hasMessageContaining("tasks[2].sensitivity must be at least secret");
        assertThatThrownBy(() -> read("tasks: [{id: a, prompt: x, model: c, sensitivity: secret}]"))
                .hasMessageContaining("'c' has no local provider");
        assertThatThrownBy(() -> read("tasks: [{id: a, prompt: x, model: c, sensitivity: never-share}]"))
                .hasMessageContaining("told to no model");
    }

    @Test
    void aTaskReachesNoMoreThanItsGraph() throws GraphFault {
        assertThat(read("effects: ['egress:127.0.0.1']\nmodel: both\ntasks: [{id: a, prompt: x}]")
                        .effects())
                .containsExactly("egress:127.0.0.1");
        assertThatThrownBy(
                        () -> read(
                                "effects: ['egress:127.0.0.1']\ntasks: [{id: a, prompt: x, model: m, effects: ['egress:api.example.org']}]"))
                .hasMessageContaining("egress:api.example.org is more than the graph has");
        assertThatThrownBy(() -> read("effects: ['egress:127.0.0.1']\ntasks: [{id: a, prompt: x, model: c}]"))
                .hasMessageContaining("effects cover nothing that calls of its model do: 'c'");
    }

    @Test
    void aModelInThisProcessIsRunAndReachesNoHost() throws GraphFault {
        assertThat(read("tasks: [{id: a, prompt: x, model: l, sensitivity: secret}]")
                        .effects())
                .containsExactly("run:llama.cpp");
        assertThatThrownBy(() -> read("effects: ['egress:127.0.0.1']\ntasks: [{id: a, prompt: x, model: l}]"))
                .hasMessageContaining("effects cover nothing that calls of its model do: 'l'");
        assertThatThrownBy(() -> read("effects: ['run:sh']\ntasks: [{id: a, prompt: x, model: l}]"))
                .hasMessageContaining("effects must be a list of egress:HOST or run:llama.cpp");
    }

    private static final GraphReader.Bounds BOUNDS = new GraphReader.Bounds(
            "goal", "g", List.of("m"), new Purse(10, LeaseScope.UNLIMITED), 3, Sensitivity.PRIVATE, 60);

    @Test
    void aConductorDecidesNothingThatIsTheOwners() throws GraphFault {
        Graph plan = GraphReader.plan(
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\"}, {\"id\": \"b\", \"prompt\": \"y\", \"needs\": [\"a\"]}]}",
                BOUNDS,
                tiers);
        assertThat(plan.tasks()).allSatisfy(task -> {
            assertThat(task.sensitivity()).isEqualTo(Sensitivity.PRIVATE);
            assertThat(task.effects()).containsExactly("egress:127.0.0.1");
            assertThat(task.cents()).isEqualTo(5);
        });
        for (String hostile : List.of(
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\", \"model\": \"c\"}]}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\", \"cents\": 11}]}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\", \"sensitivity\": \"public\"}]}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\", \"effects\": [\"egress:evil.example\"]}]}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\", \"children\": 5}]}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\"}], \"cents\": 1000000}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\"}]} and more",
                "{\"tasks\": [{\"id\": \"a\", \"id\": \"b\", \"prompt\": \"x\"}]}",
                "{\"tasks\": [{\"id\": \"a\\ud800\", \"prompt\": \"x\"}]}",
                "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"\\udc00\"}]}",
                "{\"tasks\": []}",
                "[]",
                "null",
                "",
                "Sure! Here is the plan.")) {
            assertThatThrownBy(() -> GraphReader.plan(hostile, BOUNDS, tiers))
                    .as(hostile)
                    .isInstanceOf(GraphFault.class);
        }
    }

    /** Random plans of a hostile conductor: whatever is taken stays within the bounds. */
    @Test
    void noPlanGetsPastItsBounds() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int taken = 0;
        for (int round = 0; round < 500; round++) {
            String json = tasks(random, "model", "children", "sensitivity");
            try {
                Graph plan = GraphReader.plan("{\"tasks\": " + json + "}", BOUNDS, tiers);
                taken++;
                assertThat(plan.tasks()).as("%s %s", seed, json).hasSizeBetween(1, 3);
                assertThat(plan.tasks().stream().mapToLong(Task::cents).sum())
                        .as("%s %s", seed, json)
                        .isLessThanOrEqualTo(10);
                assertThat(plan.tasks()).as("%s %s", seed, json).allSatisfy(task -> {
                    assertThat(task.model()).isEqualTo("m");
                    assertThat(task.children()).isZero();
                    assertThat(task.sensitivity()).isEqualTo(Sensitivity.PRIVATE);
                });
            } catch (GraphFault e) {
                assertThat(e.getMessage()).as("%s %s", seed, json).isNotEmpty();
            }
        }
        assertThat(taken).as("%s", seed).isPositive();
    }

    /** Random children: never more than half of what is left, never more authority, never deeper than allowed. */
    @Test
    void childrenGetAtMostHalfAndNeverMoreThanTheirParentHas() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int taken = 0;
        for (int round = 0; round < 500; round++) {
            Purse left = new Purse(
                    random.nextLong(0, 30), random.nextBoolean() ? LeaseScope.UNLIMITED : random.nextLong(5_000));
            Task parent = new Task(
                    "p",
                    "",
                    random.nextInt(0, 4),
                    "x",
                    List.of(),
                    "both",
                    40,
                    LeaseScope.UNLIMITED,
                    1_000,
                    Sensitivity.PRIVATE,
                    List.of("127.0.0.1"),
                    1,
                    60,
                    random.nextInt(0, 4),
                    true,
                    Check.NONE);
            String json = tasks(random, "children", "tokens", "output");
            try {
                List<Task> children = GraphReader.children(json, parent, left, random.nextInt(0, 5), tiers);
                taken++;
                assertThat(children).as("%s %s", seed, json).hasSizeBetween(1, parent.children());
                assertThat(children.stream().mapToLong(Task::cents).sum() * 2)
                        .as("%s %s", seed, json)
                        .isLessThanOrEqualTo(left.cents());
                if (!left.isUnlimited()) {
                    assertThat(children.stream().mapToLong(Task::tokens).sum() * 2)
                            .as("%s %s", seed, json)
                            .isLessThanOrEqualTo(left.tokens());
                }
                assertThat(children).as("%s %s", seed, json).allSatisfy(child -> {
                    assertThat(child.model()).isEqualTo(parent.model());
                    assertThat(parent.effects()).containsAll(child.effects());
                    assertThat(child.sensitivity()).isEqualTo(parent.sensitivity());
                    assertThat(child.children()).isLessThanOrEqualTo(parent.children());
                    assertThat(child.output()).isLessThanOrEqualTo(parent.output());
                    assertThat(child.depth()).isLessThanOrEqualTo(GraphReader.DEEPEST);
                    assertThat(child.memory()).isFalse();
                });
            } catch (GraphFault e) {
                assertThat(e.getMessage()).as("%s %s", seed, json).isNotEmpty();
            }
        }
        assertThat(taken).as("%s", seed).isPositive();
    }

    private static String tasks(RandomGenerator random, String... extras) {
        var array = Json.array();
        List<String> ids = new ArrayList<>();
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            String id = "t" + random.nextInt(6);
            ObjectNode task = array.addObject().put("id", id).put("prompt", "x");
            if (random.nextInt(3) == 0) {
                task.put("cents", random.nextLong(-1, 12));
            }
            if (!ids.isEmpty() && random.nextInt(3) == 0) {
                task.putArray("needs").add(ids.get(random.nextInt(ids.size())));
            }
            for (String extra : extras) {
                if (random.nextInt(4) == 0) {
                    switch (extra) {
                        case "model" -> task.put(extra, random.nextBoolean() ? "m" : "c");
                        case "sensitivity" -> task.put(extra, "public");
                        default -> task.put(extra, random.nextLong(-1, 3_000));
                    }
                }
            }
            ids.add(id);
        }
        return array.toString();
    }

    @Test
    void aBlockForChildrenIsReadStrictlyOrNotAtAll() throws GraphFault {
        assertThat(Children.in("no block, but `mirror-children` in words")).isEmpty();
        assertThat(Children.in("first\n```mirror-children\n[{}]\n```\nafter")).hasValue("[{}]\n");
        assertThatThrownBy(() -> Children.in("```mirror-children\n[]")).hasMessageContaining("no end");
        assertThatThrownBy(() -> Children.in("```mirror-children\n[]\n```\n```mirror-children\n[]\n```"))
                .hasMessageContaining("several");
    }
}
