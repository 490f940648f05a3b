package mirror.trust;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The part of a rule's condition that is quick to look at, so that the engine is asked only where that does not settle it. A conjunct
 * that is false makes a CEL conjunction false whatever the others are, errors included (CEL specification, "Logical Operators");
 * what is taken over here are comparisons of the declared variables with constants, which cannot fail.
 *
 * @param conjuncts all must hold for the condition to hold
 * @param whole whether there is nothing else in the condition
 */
record Prefilter(List<Predicate<Map<String, Object>>> conjuncts, boolean whole) {
    /** @param condition a type-checked condition over the variables of a policy */
    static Prefilter of(CelExpr condition) {
        List<Predicate<Map<String, Object>>> found = new ArrayList<>();
        return new Prefilter(found, collect(condition, found));
    }

    boolean holds(Map<String, Object> variables) {
        for (Predicate<Map<String, Object>> conjunct : conjuncts) {
            if (!conjunct.test(variables)) {
                return false;
            }
        }
        return true;
    }

    private static boolean collect(CelExpr expr, List<Predicate<Map<String, Object>>> found) {
        if (expr.getKind() == Kind.CALL && expr.call().function().equals("_&&_")) {
            boolean whole = true;
            for (CelExpr part : expr.call().args()) {
                whole &= collect(part, found);
            }
            return whole;
        }
        Predicate<Map<String, Object>> simple = simple(expr, null);
        if (simple != null) {
            found.add(simple);
        }
        return simple != null;
    }

    /**
     * What the expression says, or null when that is the engine's to say.
     *
     * @param only the one variable that it may speak of, or null for the policy's
     */
    private static @Nullable Predicate<Map<String, Object>> simple(CelExpr expr, @Nullable String only) {
        if (expr.getKind() == Kind.COMPREHENSION && only == null) {
            return exists(expr.comprehension());
        }
        if (expr.getKind() == Kind.IDENT) {
            String name = name(expr, only);
            return name == null ? null : variables -> Boolean.TRUE.equals(variables.get(name));
        }
        if (expr.getKind() != Kind.CALL) {
            return null;
        }
        var call = expr.call();
        List<CelExpr> args = call.args();
        return switch (call.function()) {
            case "_&&_", "_||_" -> {
                Predicate<Map<String, Object>> left = simple(args.get(0), only);
                Predicate<Map<String, Object>> right = simple(args.get(1), only);
                yield left == null || right == null
                        ? null
                        : call.function().equals("_&&_") ? left.and(right) : left.or(right);
            }
            case "!_" -> {
                Predicate<Map<String, Object>> inner = simple(args.getFirst(), only);
                yield inner == null ? null : inner.negate();
            }
            case "_==_", "_!=_" -> {
                String name = name(args.get(0), only);
                String value = text(args.get(1));
                if (name == null || value == null) {
                    yield null;
                }
                boolean wanted = call.function().equals("_==_");
                yield variables -> value.equals(variables.get(name)) == wanted;
            }
            case "@in" -> in(args.get(0), args.get(1), only);
            case "startsWith", "endsWith", "contains" -> {
                CelExpr target = call.target().orElse(null);
                String name = target == null ? null : name(target, only);
                String value = text(args.getFirst());
                if (name == null || value == null) {
                    yield null;
                }
                yield switch (call.function()) {
                    case "startsWith" -> variables -> string(variables, name).startsWith(value);
                    case "endsWith" -> variables -> string(variables, name).endsWith(value);
                    default -> variables -> string(variables, name).contains(value);
                };
            }
            default -> null;
        };
    }

    private static @Nullable Predicate<Map<String, Object>> in(CelExpr item, CelExpr list, @Nullable String only) {
        String value = text(item);
        String name = name(list, only);
        if (value != null && name != null) {
            return variables -> variables.get(name) instanceof List<?> values && values.contains(value);
        }
        String variable = name(item, only);
        if (variable == null || list.getKind() != Kind.LIST) {
            return null;
        }
        List<CelExpr> elements = list.list().elements();
        if (elements.stream().anyMatch(element -> text(element) == null)) {
            return null;
        }
        Set<String> values = elements.stream().map(Prefilter::text).collect(Collectors.toUnmodifiableSet());
        return variables -> values.contains(string(variables, variable));
    }

    private static String string(Map<String, Object> variables, String name) {
        return variables.get(name) instanceof String text ? text : "";
    }

    /** {@code list.exists(x, …)} as the macro spells it: an accumulator that is false at first and takes up each element's verdict. */
    private static @Nullable Predicate<Map<String, Object>> exists(CelExpr.CelComprehension loop) {
        String list = name(loop.iterRange(), null);
        CelExpr step = loop.loopStep();
        boolean macro = list != null
                && isFalse(loop.accuInit())
                && loop.iterVar2().isEmpty()
                && loop.accuVar().equals(name(loop.result(), null))
                && step.getKind() == Kind.CALL
                && step.call().function().equals("_||_")
                && loop.accuVar().equals(name(step.call().args().get(0), null));
        Predicate<Map<String, Object>> element =
                macro ? simple(step.call().args().get(1), loop.iterVar()) : null;
        if (element == null) {
            return null;
        }
        String variable = loop.iterVar();
        return variables -> {
            if (variables.get(list) instanceof List<?> values) {
                for (Object value : values) {
                    if (element.test(Map.of(variable, value))) {
                        return true;
                    }
                }
            }
            return false;
        };
    }

    private static boolean isFalse(CelExpr expr) {
        return expr.getKind() == Kind.CONSTANT
                && expr.constant().getKind() == dev.cel.common.ast.CelConstant.Kind.BOOLEAN_VALUE
                && !expr.constant().booleanValue();
    }

    private static @Nullable String name(CelExpr expr, @Nullable String only) {
        if (expr.getKind() != Kind.IDENT) {
            return null;
        }
        String name = expr.ident().name();
        return only == null || only.equals(name) ? name : null;
    }

    private static @Nullable String text(CelExpr expr) {
        return expr.getKind() == Kind.CONSTANT
                        && expr.constant().getKind() == dev.cel.common.ast.CelConstant.Kind.STRING_VALUE
                ? expr.constant().stringValue()
                : null;
    }
}
