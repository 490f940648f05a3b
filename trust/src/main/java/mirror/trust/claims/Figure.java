package mirror.trust.claims;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A number as people write it: {@code 1,240}, {@code 1.240}, {@code 15,5}, {@code 1'000'000}. One separator before exactly three
 * digits can be read both ways, and then both readings count.
 *
 * @param readings the values it may have, the likely one first
 * @param step the place value of its last digit in the first reading
 */
record Figure(List<Double> readings, double step) {
    private static final int LONGEST = 24;

    /** @param text digits and separators, beginning and ending with a digit */
    static Optional<Figure> of(String text) {
        if (text.isEmpty() || text.length() > LONGEST) {
            return Optional.empty();
        }
        StringBuilder bare = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c >= '0' && c <= '9') || c == '.' || c == ',') {
                bare.append(c);
            } else if (!isGroup(c)) {
                return Optional.empty();
            }
        }
        String number = bare.toString();
        int commas = (int) number.chars().filter(c -> c == ',').count();
        int dots = (int) number.chars().filter(c -> c == '.').count();
        if (commas > 0 && dots > 0) {
            char decimal = number.lastIndexOf(',') > number.lastIndexOf('.') ? ',' : '.';
            int places = number.length() - number.lastIndexOf(decimal) - 1;
            boolean once = decimal == ',' ? commas == 1 : dots == 1;
            return once ? decimal(number, decimal, places) : Optional.empty();
        }
        if (commas + dots == 0) {
            return Optional.of(new Figure(List.of(Double.parseDouble(number)), 1));
        }
        char mark = commas > 0 ? ',' : '.';
        boolean groups = grouped(number, mark);
        if (commas + dots > 1) {
            return groups
                    ? Optional.of(new Figure(List.of(Double.parseDouble(number.replace("" + mark, ""))), 1))
                    : Optional.empty();
        }
        Optional<Figure> decimal = decimal(number, mark, number.length() - number.indexOf(mark) - 1);
        if (!groups || decimal.isEmpty()) {
            return decimal;
        }
        double whole = Double.parseDouble(number.replace("" + mark, ""));
        double fraction = decimal.get().readings.getFirst();
        return Optional.of(
                mark == ','
                        ? new Figure(List.of(whole, fraction), 1)
                        : new Figure(List.of(fraction, whole), decimal.get().step));
    }

    private static Optional<Figure> decimal(String number, char mark, int places) {
        String plain = number.replace(mark == ',' ? "." : ",", "").replace(mark, '.');
        if (places == 0 || plain.startsWith(".")) {
            return Optional.empty();
        }
        return Optional.of(new Figure(List.of(Double.parseDouble(plain)), Math.pow(10, -places)));
    }

    private static boolean grouped(String number, char mark) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int at = number.indexOf(mark); at >= 0; at = number.indexOf(mark, from)) {
            parts.add(number.substring(from, at));
            from = at + 1;
        }
        parts.add(number.substring(from));
        return !parts.getFirst().isEmpty()
                && parts.getFirst().length() <= 3
                && !parts.getFirst().startsWith("0")
                && parts.stream().skip(1).allMatch(part -> part.length() == 3);
    }

    /** Marks that only ever stand between thousands. */
    static boolean isGroup(char c) {
        return c == '\'' || c == '\u2019' || c == '_' || c == '\u00a0' || c == '\u202f';
    }

    /** How far the true value may be off when it was rounded to this; a reading of its own for thousands has step 1. */
    double slack(double reading, boolean about) {
        double half = reading == Math.rint(reading) && step < 1 && readings.size() > 1 ? 0.5 : step / 2;
        if (!about) {
            return half;
        }
        return Math.max(half, Math.abs(reading) * 0.05);
    }
}
