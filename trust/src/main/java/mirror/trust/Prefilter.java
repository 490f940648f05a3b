package mirror.trust;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import java.util.ArrayList;
import java.util.List;
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
 * @param kinds those of them that speak of the kind of the effect and of nothing else
 * @param whole whether there is nothing else in the condition
 */
record Prefilter(List<Predicate<Object[]>> conjuncts, List<Predicate<Object[]>> kinds, boolean whole) {
    /** @param condition a type-checked condition over the variables of a policy */
    static Prefilter of(CelExpr condition) {
        List<Predicate<Object[]>> found = new ArrayList<>();
        List<Predicate<Object[]>> kinds = new ArrayList<>();
        return new Prefilter(found, kinds, collect(condition, found, kinds));
    }

    /** Whether the condition can hold for an effect of the kind. */
    boolean mayHold(String kind) {
        Object[] variables = {kind};
        return kinds.stream().allMatch(conjunct -> conjunct.test(variables));
    }

    /** @param variables their values, in the order of {@link Policy#VARIABLES} */
    boolean holds(Object[] variables) {
        for (Predicate<Object[]> conjunct : conjuncts) {
            if (!conjunct.test(variables)) {
                return false;
            }
        }
        return true;
    }

    private static boolean collect(CelExpr expr, List<Predicate<Object[]>> found, List<Predicate<Object[]>> kinds) {
        if (expr.getKind() == Kind.CALL && expr.call().function().equals("_&&_")) {
            boolean whole = true;
            for (CelExpr part : expr.call().args()) {
                whole &= collect(part, found, kinds);
            }
            return whole;
        }
        Predicate<Object[]> simple = simple(expr, null);
        if (simple == null) {
            return false;
        }
        found.add(simple);
        // The same expression with the kind as the only name there is: it stands first among the variables too.
        if (simple(expr, Policy.VARIABLES.getFirst()) != null) {
            kinds.add(simple);
        }
        return true;
    }

    /**
     * What the expression says, or null when that is the engine's to say.
     *
     * @param only the one variable that it may speak of, or null for the policy's
     */
    private static @Nullable Predicate<Object[]> simple(CelExpr expr, @Nullable String only) {
        if (expr.getKind() == Kind.COMPREHENSION && only == null) {
            return exists(expr.comprehension());
        }
        if (expr.getKind() == Kind.IDENT) {
            int at = slot(expr, only);
            return at < 0 ? null : variables -> Boolean.TRUE.equals(variables[at]);
        }
        if (expr.getKind() != Kind.CALL) {
            return null;
        }
        var call = expr.call();
        List<CelExpr> args = call.args();
        return switch (call.function()) {
            case "_&&_", "_||_" -> {
                Predicate<Object[]> left = simple(args.get(0), only);
                Predicate<Object[]> right = simple(args.get(1), only);
                yield left == null || right == null
                        ? null
                        : call.function().equals("_&&_") ? left.and(right) : left.or(right);
            }
            case "!_" -> {
                Predicate<Object[]> inner = simple(args.getFirst(), only);
                yield inner == null ? null : inner.negate();
            }
            case "_==_", "_!=_" -> {
                int at = slot(args.get(0), only);
                String value = text(args.get(1));
                if (at < 0 || value == null) {
                    yield null;
                }
                boolean wanted = call.function().equals("_==_");
                yield variables -> value.equals(variables[at]) == wanted;
            }
            case "@in" -> in(args.get(0), args.get(1), only);
            case "startsWith", "endsWith", "contains" -> {
                CelExpr target = call.target().orElse(null);
                int at = target == null ? -1 : slot(target, only);
                String value = text(args.getFirst());
                if (at < 0 || value == null) {
                    yield null;
                }
                yield switch (call.function()) {
                    case "startsWith" -> variables -> string(variables[at]).startsWith(value);
                    case "endsWith" -> variables -> string(variables[at]).endsWith(value);
                    default -> variables -> string(variables[at]).contains(value);
                };
            }
            default -> null;
        };
    }

    private static @Nullable Predicate<Object[]> in(CelExpr item, CelExpr list, @Nullable String only) {
        String value = text(item);
        int in = slot(list, only);
        if (value != null && in >= 0) {
            return variables -> variables[in] instanceof List<?> values && values.contains(value);
        }
        int at = slot(item, only);
        if (at < 0 || list.getKind() != Kind.LIST) {
            return null;
        }
        List<CelExpr> elements = list.list().elements();
        if (elements.stream().anyMatch(element -> text(element) == null)) {
            return null;
        }
        Set<String> values = elements.stream().map(Prefilter::text).collect(Collectors.toUnmodifiableSet());
        return variables -> values.contains(string(variables[at]));
    }

    private static String string(Object value) {
        return value instanceof String text ? text : "";
    }

    /** {@code list.exists(x, …)} as the macro spells it: an accumulator that is false at first and takes up each element's verdict. */
    private static @Nullable Predicate<Object[]> exists(CelExpr.CelComprehension loop) {
        int list = slot(loop.iterRange(), null);
        CelExpr step = loop.loopStep();
        boolean macro = list >= 0
                && isFalse(loop.accuInit())
                && loop.iterVar2().isEmpty()
                && slot(loop.result(), loop.accuVar()) == 0
                && step.getKind() == Kind.CALL
                && step.call().function().equals("_||_")
                && slot(step.call().args().get(0), loop.accuVar()) == 0;
        Predicate<Object[]> element = macro ? simple(step.call().args().get(1), loop.iterVar()) : null;
        if (element == null) {
            return null;
        }
        return variables -> {
            if (variables[list] instanceof List<?> values) {
                for (Object value : values) {
                    if (element.test(new Object[] {value})) {
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

    /** Where the value of a name is found: among the policy's variables or, of one that stands alone, at 0; -1 for what is no such name. */
    private static int slot(CelExpr expr, @Nullable String only) {
        if (expr.getKind() != Kind.IDENT) {
            return -1;
        }
        String name = expr.ident().name();
        return only == null ? Policy.VARIABLES.indexOf(name) : only.equals(name) ? 0 : -1;
    }

    private static @Nullable String text(CelExpr expr) {
        return expr.getKind() == Kind.CONSTANT
                        && expr.constant().getKind() == dev.cel.common.ast.CelConstant.Kind.STRING_VALUE
                ? expr.constant().stringValue()
                : null;
    }
}
