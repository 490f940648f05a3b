package mirror.kernel;

import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import mirror.bus.Event;
import tools.jackson.databind.JsonNode;

/**
 * CEL over one event, checked for names and types when it is read: {@code event.id}, {@code type}, {@code actor}, {@code subject},
 * {@code session}, {@code permit}, {@code origin} (texts, empty when the event has none), {@code seq}, {@code time}, and {@code data},
 * the payload as it is in the log. What is in {@code data} is only known when an event comes, so a field that may be missing is asked for
 * with {@code has(event.data.field)}; naming one that is missing is an error and not a no. Costs are bounded. Thread-safe.
 */
final class EventExpression {
    private static final int MAX_LENGTH = 4_000;
    private static final int MAX_ITERATIONS = 10_000;

    private final CelRuntime.Program program;

    private EventExpression(CelRuntime.Program program) {
        this.program = program;
    }

    /** @throws IllegalArgumentException with the place and the reason */
    static Predicate<Event> condition(String text) {
        EventExpression expression = compile(text, SimpleType.BOOL);
        return event -> expression.evaluate(event, Boolean.class);
    }

    /** @throws IllegalArgumentException with the place and the reason */
    static Function<Event, String> text(String text) {
        EventExpression expression = compile(text, SimpleType.STRING);
        return event -> expression.evaluate(event, String.class);
    }

    private static EventExpression compile(String text, CelType result) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("is longer than " + MAX_LENGTH + " characters");
        }
        Cel cel = CelFactory.plannerCelBuilder()
                .setOptions(CelOptions.current()
                        .enableHeterogeneousNumericComparisons(true)
                        .comprehensionMaxIterations(MAX_ITERATIONS)
                        .build())
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addVar("event.id", SimpleType.STRING)
                .addVar("event.type", SimpleType.STRING)
                .addVar("event.actor", SimpleType.STRING)
                .addVar("event.subject", SimpleType.STRING)
                .addVar("event.session", SimpleType.STRING)
                .addVar("event.permit", SimpleType.STRING)
                .addVar("event.origin", SimpleType.STRING)
                .addVar("event.seq", SimpleType.INT)
                .addVar("event.time", SimpleType.TIMESTAMP)
                .addVar("event.data", MapType.create(SimpleType.STRING, SimpleType.DYN))
                .setResultType(result)
                .build();
        try {
            return new EventExpression(cel.createProgram(cel.compile(text).getAst()));
        } catch (CelValidationException | CelEvaluationException | RuntimeException e) {
            throw new IllegalArgumentException(sentence(e), e);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("nests too deep", e);
        }
    }

    /** What comes out of {@code data} has its type only now. */
    private <T> T evaluate(Event event, Class<T> type) {
        Object result;
        try {
            result = program.eval(variables(event));
        } catch (CelEvaluationException e) {
            throw new IllegalStateException(sentence(e), e);
        }
        if (!type.isInstance(result)) {
            throw new IllegalStateException("the result is not a " + type.getSimpleName() + " but "
                    + result.getClass().getSimpleName());
        }
        return type.cast(result);
    }

    private static Map<String, Object> variables(Event event) {
        return Map.ofEntries(
                Map.entry("event.id", event.id()),
                Map.entry("event.type", event.type()),
                Map.entry("event.actor", event.actor()),
                Map.entry("event.subject", Objects.requireNonNullElse(event.subject(), "")),
                Map.entry("event.session", Objects.requireNonNullElse(event.session(), "")),
                Map.entry("event.permit", Objects.requireNonNullElse(event.permit(), "")),
                Map.entry("event.origin", event.origin()),
                Map.entry("event.seq", event.seq()),
                Map.entry("event.time", event.time()),
                Map.entry("event.data", value(event.data())));
    }

    private static String sentence(Exception e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
    }

    private static Object value(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> map = new HashMap<>();
            node.propertyStream().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
            return map;
        }
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(item -> list.add(value(item)));
            return list;
        }
        if (node.isNull()) {
            return NullValue.NULL_VALUE;
        }
        if (node.isBoolean()) {
            return node.asBoolean();
        }
        if (node.isNumber()) {
            return node.canConvertToLong() && node.isIntegralNumber()
                    ? (Object) node.asLong()
                    : (Object) node.asDouble();
        }
        return node.asString("");
    }
}
