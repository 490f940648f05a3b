package mirror.trust;

import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;

/**
 * The owner's rules: YAML whose conditions are CEL expressions over one effect of an action. All rules are tried on every effect;
 * the most restrictive that matches decides, and an effect that no rule matches is blocked. Conditions are type-checked when the
 * file is loaded; one that fails while it is evaluated blocks. A loaded policy is immutable and thread-safe.
 *
 * <p>Variables of a condition: {@code kind} (read, write, delete, run, egress, publish, elevate, remote-code, machine, memory, tool,
 * opaque), {@code path}, {@code zones} (see {@link Zones}), {@code argv}, {@code program} (last part of argv[0]), {@code host},
 * {@code what}, {@code recursive}, {@code irreversible}, {@code tool}, {@code actor}. Those that an effect does not have are empty
 * or false.
 */
public final class Policy {
    static final int VERSION = 1;
    private static final int MAX_BYTES = 1024 * 1024;

    /** What a condition can speak of, in the order in which the values are handed about. */
    static final List<String> VARIABLES = List.of(
            "kind", "path", "zones", "argv", "program", "host", "what", "recursive", "irreversible", "tool", "actor");

    /**
     * What was said of an action, and by whom.
     *
     * @param rule id of the policy's rule, or of what else decided, such as {@code kill-switch}
     * @param reason one sentence for the person and the model
     * @param permit id of the lease it rests on, or null
     */
    public record Match(
            Verdict verdict,
            String rule,
            String reason,
            @Nullable String permit) {
        public Match(Verdict verdict, String rule, String reason) {
            this(verdict, rule, reason, null);
        }
    }

    private record Rule(String id, Verdict verdict, String reason, Prefilter prefilter, CelRuntime.Program condition) {
        boolean matches(Object[] variables) throws CelEvaluationException {
            return prefilter.holds(variables) && (prefilter.whole() || matchesUnfiltered(variables));
        }

        /** The engine alone, which the prefilter must never contradict. */
        boolean matchesUnfiltered(Object[] variables) throws CelEvaluationException {
            Map<String, Object> named = new HashMap<>();
            for (int i = 0; i < variables.length; i++) {
                named.put(VARIABLES.get(i), variables[i]);
            }
            return Boolean.TRUE.equals(condition.eval(named));
        }
    }

    private final String digest;
    private final List<Rule> rules;
    private final Map<String, List<Rule>> byKind = new ConcurrentHashMap<>();

    private Policy(String digest, List<Rule> rules) {
        this.digest = digest;
        this.rules = List.copyOf(rules);
    }

    /**
     * Reads and type-checks a policy.
     *
     * @throws TrustException that names every fault in the file, not only the first
     */
    public static Policy parse(byte[] yaml) {
        String digest = AtomicFiles.digest(yaml);
        List<String> faults = new ArrayList<>();
        List<Rule> rules = new ArrayList<>();
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new TrustException("the policy cannot be read: " + e.getMessage(), e);
        }
        if (!(loaded instanceof Map<?, ?> file)) {
            throw new TrustException("the policy is not a YAML mapping with 'version' and 'rules'");
        }
        unknownKeys(file, Set.of("version", "rules"), "the policy", faults);
        if (!Integer.valueOf(VERSION).equals(file.get("version"))) {
            faults.add("version is " + file.get("version") + "; this Mirror knows version " + VERSION);
        }
        if (file.get("rules") instanceof List<?> list && !list.isEmpty()) {
            Cel cel = cel().setResultType(SimpleType.BOOL).build();
            Map<String, CelAbstractSyntaxTree> checked = checked(list, digest);
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < list.size(); i++) {
                Rule rule = rule(list.get(i), "rule " + (i + 1), cel, checked, faults);
                if (rule != null && !ids.add(rule.id)) {
                    faults.add("two rules have the id '" + rule.id + "'");
                } else if (rule != null) {
                    rules.add(rule);
                }
            }
        } else {
            faults.add("there is no list 'rules'");
        }
        if (!faults.isEmpty()) {
            throw new TrustException("the policy has " + faults.size() + " fault" + (faults.size() == 1 ? "" : "s")
                    + ": " + String.join("; ", faults));
        }
        return new Policy(digest, rules);
    }

    private static @Nullable Rule rule(
            @Nullable Object node,
            String where,
            Cel cel,
            Map<String, CelAbstractSyntaxTree> checked,
            List<String> faults) {
        if (!(node instanceof Map<?, ?> rule)) {
            faults.add(where + " is not a mapping");
            return null;
        }
        unknownKeys(rule, Set.of("id", "when", "verdict", "reason"), where, faults);
        if (!(rule.get("id") instanceof String id)
                || !(rule.get("when") instanceof String when)
                || !(rule.get("verdict") instanceof String verdict)
                || !(rule.get("reason") instanceof String reason)) {
            faults.add(where + " must have the texts id, when, verdict and reason");
            return null;
        }
        Verdict parsed = null;
        for (Verdict value : Verdict.values()) {
            if (value.text().equals(verdict)) {
                parsed = value;
            }
        }
        if (parsed == null) {
            faults.add(where + " (" + id + "): verdict is '" + verdict + "', not allow, ask or block");
            return null;
        }
        try {
            CelAbstractSyntaxTree known = checked.get(when);
            CelAbstractSyntaxTree ast = known == null ? cel.compile(when).getAst() : known;
            return new Rule(id, parsed, reason, Prefilter.of(ast.getExpr()), cel.createProgram(ast));
        } catch (CelValidationException | CelEvaluationException e) {
            faults.add(
                    where + " (" + id + "): " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            return null;
        }
    }

    private static void unknownKeys(Map<?, ?> map, Set<String> known, String where, List<String> faults) {
        for (Object key : map.keySet()) {
            if (!(key instanceof String name) || !known.contains(name)) {
                faults.add(where + " has the unknown key '" + key + "'");
            }
        }
    }

    /**
     * The conditions, checked together: for every check the engine declares the whole language anew, which for each condition by itself
     * takes most of a start. What is missing here is checked by itself, and its fault found there.
     *
     * @param mark occurs in no condition; between them it shows that each is one expression, and which
     */
    private static Map<String, CelAbstractSyntaxTree> checked(List<?> rules, String mark) {
        List<String> conditions = rules.stream()
                .map(rule -> rule instanceof Map<?, ?> map && map.get("when") instanceof String when ? when : "")
                .filter(when -> !when.isEmpty())
                .distinct()
                .toList();
        List<CelExpr> found;
        CelAbstractSyntaxTree all;
        try {
            // A comment at a condition's end ends with its line.
            all = cel().build()
                    .compile(conditions.stream().collect(Collectors.joining("\n, '" + mark + "', ", "[", "\n]")))
                    .getAst();
            found = all.getExpr().list().elements();
        } catch (CelValidationException e) {
            return Map.of();
        }
        Map<String, CelAbstractSyntaxTree> checked = new HashMap<>();
        for (int i = 0; i < found.size(); i++) {
            CelExpr expr = found.get(i);
            boolean isMark = expr.constantOrDefault().getKind() == CelConstant.Kind.STRING_VALUE
                    && expr.constant().stringValue().equals(mark);
            if (isMark != (i % 2 == 1) || found.size() != 2 * conditions.size() - 1) {
                return Map.of();
            }
            if (!isMark && all.getTypeOrThrow(expr.id()).equals(SimpleType.BOOL)) {
                checked.put(
                        conditions.get(i / 2),
                        CelAbstractSyntaxTree.newCheckedAst(
                                expr, all.getSource(), all.getReferenceMap(), all.getTypeMap()));
            }
        }
        return checked;
    }

    private static CelBuilder cel() {
        return CelFactory.plannerCelBuilder()
                .setStandardMacros(dev.cel.parser.CelStandardMacro.STANDARD_MACROS)
                .addVar("kind", SimpleType.STRING)
                .addVar("path", SimpleType.STRING)
                .addVar("zones", ListType.create(SimpleType.STRING))
                .addVar("argv", ListType.create(SimpleType.STRING))
                .addVar("program", SimpleType.STRING)
                .addVar("host", SimpleType.STRING)
                .addVar("what", SimpleType.STRING)
                .addVar("recursive", SimpleType.BOOL)
                .addVar("irreversible", SimpleType.BOOL)
                .addVar("tool", SimpleType.STRING)
                .addVar("actor", SimpleType.STRING);
    }

    /**
     * Judges a recorded decision's action again, by the effects that the record names.
     *
     * @param decided a decision event
     */
    public Match judge(Event decided, Zones zones) {
        Path project = Path.of(decided.text("project"));
        return judge(
                new Action(
                        decided.actor(),
                        String.valueOf(decided.session()),
                        null,
                        decided.text("tool"),
                        decided.data().path("input"),
                        Path.of(decided.text("cwd")),
                        project,
                        Effects.read(decided.data().path("effects"))),
                zones);
    }

    /** What this policy lets through that the other one would ask about or block, of a list of things that agents try. */
    public List<String> looserThan(Policy other, Zones zones, Home home) {
        Path user = zones.user();
        Path project = user.resolve("mirror-doctor-project");
        List<Effect> tried = List.of(
                new Effect.Read(home.keys().resolve("device.key")),
                new Effect.Write(home.policy().resolve("policy.yaml")),
                new Effect.Delete(home.bus(), true),
                new Effect.Read(user.resolve(".ssh/id_ed25519")),
                new Effect.Read(user.resolve(".aws/credentials")),
                new Effect.Read(project.resolve(".env")),
                new Effect.Read(user.resolve("letters/a.txt")),
                new Effect.Write(user.resolve(".claude/settings.json")),
                new Effect.Write(user.resolve(".bashrc")),
                new Effect.Write(project.resolve(".git/hooks/pre-commit")),
                new Effect.Write(user.resolve("letters/a.txt")),
                new Effect.Write(Path.of("/etc/hosts")),
                new Effect.Delete(user.resolve("letters/a.txt"), false),
                new Effect.Delete(project, true),
                new Effect.Delete(user, true),
                new Effect.Delete(Path.of("/"), true),
                new Effect.Run(List.of("mirror", "approve", "a1")),
                new Effect.Run(List.of("mirror", "policy", "sign")),
                new Effect.Run(List.of("mirror", "lease", "grant")),
                new Effect.Publish("npm", true),
                new Effect.Elevate("root"),
                new Effect.RemoteCode("https://e.invalid"),
                new Effect.Machine("reboots"),
                new Effect.Memory(Identity.SCOPE + "name", true),
                new Effect.Tool("mcp__stranger__tool"),
                new Effect.Opaque("nobody knows"));
        List<String> looser = new ArrayList<>();
        for (Effect effect : tried) {
            Action action =
                    new Action("claude-code", "s", null, "Bash", Json.object(), project, project, List.of(effect));
            Match mine = judge(action, zones);
            Match theirs = other.judge(action, zones);
            if (mine.verdict.compareTo(theirs.verdict) < 0) {
                looser.add("what " + Effects.describe(effect) + " is " + mine.verdict.text() + " by rule " + mine.rule
                        + " and not " + theirs.verdict.text());
            }
        }
        return looser;
    }

    /** Whether a rule of this policy has the id; what else decides has a name of its own. */
    public boolean hasRule(String id) {
        return rules.stream().anyMatch(rule -> rule.id.equals(id));
    }

    /** SHA-256 of the file's bytes, hex. */
    public String digest() {
        return digest;
    }

    public int size() {
        return rules.size();
    }

    /** The most restrictive match over all effects of the action; never throws. */
    Match judge(Action action, Zones zones) {
        Finding worst = null;
        for (Effect effect : action.effects()) {
            Finding finding = judge(effect, action, zones);
            if (worst == null || finding.verdict.compareTo(worst.verdict) > 0) {
                worst = finding;
            }
        }
        return worst == null
                ? new Match(Verdict.BLOCK, "no-effect", "nothing is known of what this does")
                : worst.match();
    }

    /** The effects that the policy would ask about, were each the only one. */
    List<Effect> asked(Action action, Zones zones) {
        return action.effects().stream()
                .filter(effect -> judge(effect, action, zones).verdict == Verdict.ASK)
                .toList();
    }

    /**
     * What was found for one effect. Its sentence is made only of the one that counts in the end.
     *
     * @param failure what the engine said when it could not evaluate the rule, or null
     */
    private record Finding(
            Verdict verdict,
            @Nullable Rule rule,
            Effect effect,
            @Nullable String failure) {
        Match match() {
            if (rule == null) {
                return new Match(verdict, "no-match", "no policy rule covers this (" + Effects.describe(effect) + ")");
            }
            return new Match(
                    verdict,
                    rule.id,
                    failure == null
                            ? rule.reason + " (" + Effects.describe(effect) + ")"
                            : "the condition of policy rule '" + rule.id + "' failed: " + failure);
        }
    }

    private Finding judge(Effect effect, Action action, Zones zones) {
        Object[] variables = variables(effect, action, zones);
        List<Rule> possible = byKind.computeIfAbsent(
                Effects.kind(effect),
                kind -> rules.stream()
                        .filter(rule -> rule.prefilter.mayHold(kind))
                        .toList());
        Rule worst = null;
        for (Rule rule : possible) {
            if (worst != null && rule.verdict.compareTo(worst.verdict) <= 0) {
                continue;
            }
            try {
                if (rule.matches(variables)) {
                    worst = rule;
                }
            } catch (CelEvaluationException | RuntimeException e) {
                return new Finding(
                        Verdict.BLOCK,
                        rule,
                        effect,
                        String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            }
        }
        return new Finding(worst == null ? Verdict.BLOCK : worst.verdict, worst, effect, null);
    }

    /** Ids of the rules whose prefilter and engine do not agree on the effect; for tests, and always none. */
    List<String> disagreements(Effect effect, Action action, Zones zones) throws CelEvaluationException {
        Object[] variables = variables(effect, action, zones);
        List<String> ids = new ArrayList<>();
        for (Rule rule : rules) {
            boolean filtered = rule.prefilter.mayHold(Effects.kind(effect)) && rule.matches(variables);
            if (filtered != rule.matchesUnfiltered(variables)) {
                ids.add(rule.id);
            }
        }
        return ids;
    }

    /** The values of {@link #VARIABLES}, in that order. */
    private static Object[] variables(Effect effect, Action action, Zones zones) {
        Path path = Effects.path(effect);
        List<String> argv = effect instanceof Effect.Run run ? run.argv() : List.of();
        String program =
                argv.isEmpty() ? "" : argv.getFirst().substring(argv.getFirst().lastIndexOf('/') + 1);
        return new Object[] {
            Effects.kind(effect),
            path == null ? "" : path.toString(),
            path == null ? List.of() : List.copyOf(zones.of(path, action.project())),
            argv,
            program.toLowerCase(Locale.ROOT),
            effect instanceof Effect.Egress egress ? egress.host() : "",
            Effects.what(effect),
            effect instanceof Effect.Delete delete && delete.recursive(),
            effect instanceof Effect.Publish publish && publish.irreversible(),
            action.tool(),
            action.actor()
        };
    }
}
