package mirror.pulse.stats;

import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.Set;
import mirror.pulse.stats.MarkedText.Mark;
import mirror.trust.DeviceKey;

/** Writes numbers to where a text marks them, with the statement that vouches for them. Stateless. */
public final class Filling {
    private Filling() {}

    /**
     * The text with every marked number as it is now, and one signed statement of them in place of the ones before. Nothing else changes.
     *
     * @throws IllegalArgumentException with a sentence, when a mark cannot be read or names no number
     */
    public static String of(MarkedText text, Report report, DeviceKey key) {
        Set<String> names = new LinkedHashSet<>();
        boolean has = false;
        for (Mark mark : text.marks()) {
            String where =
                    "line " + mark.place().line() + ", column " + mark.place().column();
            switch (mark) {
                case MarkedText.Malformed _ ->
                    throw new IllegalArgumentException(
                            where + ": this is not a mark such as <!-- mirror:stats events -->");
                case MarkedText.Quoted number -> {
                    if (!number.name().equals(TextCheck.DATE)
                            && report.figure(number.name()).isEmpty()) {
                        throw new IllegalArgumentException(where + ": there is no number '" + number.name() + "'");
                    }
                    names.add(number.name());
                }
                case MarkedText.Signed _ -> has = true;
            }
        }
        if (names.isEmpty()) {
            throw new IllegalArgumentException(
                    "no number is marked in it; write <!-- mirror:stats events --> to where one shall stand");
        }
        String signed = "<!-- mirror:signed " + report.only(names).signed(key).strip() + " -->";
        StringBuilder filled = new StringBuilder();
        int at = 0;
        boolean placed = false;
        for (Mark mark : text.marks()) {
            switch (mark) {
                case MarkedText.Quoted number -> {
                    filled.append(text.text(), at, number.start()).append(word(number, report));
                    filled.append(text.text(), number.start() + number.word().length(), number.from());
                    filled.append("<!-- mirror:stats ")
                            .append(number.name())
                            .append(" @")
                            .append(report.head().seq())
                            .append(" -->");
                }
                case MarkedText.Signed old -> {
                    filled.append(text.text(), at, old.from()).append(placed ? "" : signed);
                    placed = true;
                }
                case MarkedText.Malformed _ -> throw new IllegalStateException("was refused");
            }
            at = mark.to();
        }
        filled.append(text.text().substring(at));
        if (!has) {
            filled.append(filled.length() > 0 && filled.charAt(filled.length() - 1) == '\n' ? "\n" : "\n\n")
                    .append(signed)
                    .append('\n');
        }
        return filled.toString();
    }

    private static String word(MarkedText.Quoted mark, Report report) {
        if (mark.name().equals(TextCheck.DATE)) {
            return report.head().time().atZone(ZoneOffset.UTC).toLocalDate().toString();
        }
        return Words.of(report.figure(mark.name()).orElseThrow().value(), mark.word());
    }
}
