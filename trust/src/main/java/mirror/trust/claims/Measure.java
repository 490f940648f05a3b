package mirror.trust.claims;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a fact's number is in base units: {@code 15.5 ms} is {@code time 0.0155}.
 *
 * @param values more than one where the unit or the separators can be read in two ways
 */
record Measure(String dimension, List<Double> values) {
    static Optional<Measure> of(String value, String unit) {
        String text = value.strip();
        double multiple = 1;
        if (!text.isEmpty() && Units.multiple(text.substring(text.length() - 1)) > 0) {
            multiple = Units.multiple(text.substring(text.length() - 1));
            text = text.substring(0, text.length() - 1);
        }
        if (text.isEmpty()
                || !Character.isDigit(text.charAt(0))
                || !Character.isDigit(text.charAt(text.length() - 1))) {
            return Optional.empty();
        }
        Figure figure = Figure.of(text).orElse(null);
        Units.Unit parsed = unit(unit.strip());
        if (figure == null || parsed == null) {
            return Optional.empty();
        }
        List<Double> values = new ArrayList<>();
        // A machine writes 1234.567, so a fact has one reading; a decimal comma in it is a person's.
        double number = figure.readings().getFirst() * multiple;
        parsed.factors().forEach(factor -> values.add(number * factor));
        return Optional.of(new Measure(parsed.dimension(), values));
    }

    private static Units.@org.jspecify.annotations.Nullable Unit unit(String name) {
        if (name.isEmpty() || name.length() > 40 || name.chars().anyMatch(Character::isDigit)) {
            return null;
        }
        Units.Unit measure = Units.measure(name).orElse(null);
        if (measure != null) {
            return measure;
        }
        int slash = name.indexOf('/');
        if (slash > 0) {
            return Units.per(name.substring(0, slash), name.substring(slash + 1));
        }
        return Units.count(name.substring(name.lastIndexOf(' ') + 1));
    }
}
