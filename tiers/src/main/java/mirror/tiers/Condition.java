package mirror.tiers;

import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What must hold of a call for a rule: a CEL expression over {@link #VARIABLES}, as in the policy. Names and types are checked when it
 * is read, and its costs are bounded. Two of the same text are equal. Thread-safe.
 */
public final class Condition {
    private static final int MAX_LENGTH = 4_000;
    private static final int MAX_ITERATIONS = 10_000;

    private static final Map<String, CelType> TYPES = types();

    /** What it can speak of; docs/tiers.md says what each is. */
    public static final Set<String> VARIABLES = TYPES.keySet();

    private final String text;
    private final CelRuntime.Program program;

    private Condition(String text, CelRuntime.Program program) {
        this.text = text;
        this.program = program;
    }

    private static Map<String, CelType> types() {
        Map<String, CelType> types = new LinkedHashMap<>();
        for (String name : new String[] {"model", "endpoint", "actor", "session", "project", "sensitivity"}) {
            types.put(name, SimpleType.STRING);
        }
        for (String name : new String[] {"local_only", "images", "thinking", "schema", "stream"}) {
            types.put(name, SimpleType.BOOL);
        }
        for (String name :
                new String[] {"complexity", "bytes", "tokens", "messages", "tools", "output", "left_cents"}) {
            types.put(name, SimpleType.INT);
        }
        return types;
    }

    /** @throws IllegalArgumentException with the place and the reason */
    public static Condition of(String text) {
        if (text.isBlank() || text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("must have 1 to " + MAX_LENGTH + " characters");
        }
        CelBuilder builder = CelFactory.plannerCelBuilder()
                .setOptions(CelOptions.current()
                        .enableHeterogeneousNumericComparisons(true)
                        .comprehensionMaxIterations(MAX_ITERATIONS)
                        .build())
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .setResultType(SimpleType.BOOL);
        TYPES.forEach(builder::addVar);
        Cel cel = builder.build();
        try {
            return new Condition(text, cel.createProgram(cel.compile(text).getAst()));
        } catch (CelValidationException | CelEvaluationException | RuntimeException e) {
            throw new IllegalArgumentException(sentence(e), e);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("nests too deep", e);
        }
    }

    /**
     * Whether it holds.
     *
     * @param values of each of {@link #VARIABLES} by its name: text, boolean or whole number; asked for those that it names alone
     * @throws IllegalStateException when that cannot be told, with the reason
     */
    public boolean holds(Function<String, Object> values) {
        try {
            return Boolean.TRUE.equals(program.eval(name -> Optional.of(values.apply(name))));
        } catch (CelEvaluationException e) {
            throw new IllegalStateException(sentence(e), e);
        }
    }

    private static String sentence(Exception e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Condition condition && condition.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** As the owner wrote it. */
    @Override
    public String toString() {
        return text;
    }
}
