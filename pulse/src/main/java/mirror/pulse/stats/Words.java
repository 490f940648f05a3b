package mirror.pulse.stats;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as people write them in texts. Stateless. */
final class Words {
    private static final int LONGEST = 60;
    private static final Pattern PLAIN = Pattern.compile("-?[0-9]+(?:\\.[0-9]+)?");
    /** Groups of three, all parted by the same sign. */
    private static final Pattern GROUPED =
            Pattern.compile("-?[0-9]{1,3}(?:([,_'\u00a0\u202f\u2009])[0-9]{3})(?:\\1[0-9]{3})*(?:\\.[0-9]+)?");

    private Words() {}

    /** The number that a word writes: digits, a point before decimals, thousands in groups of three or not at all. */
    static Optional<BigDecimal> number(String word) {
        if (word.length() > LONGEST) {
            return Optional.empty();
        }
        Matcher grouped = GROUPED.matcher(word);
        if (grouped.matches()) {
            return Optional.of(new BigDecimal(word.replace(grouped.group(1), "")));
        }
        return PLAIN.matcher(word).matches() ? Optional.of(new BigDecimal(word)) : Optional.empty();
    }

    /** Whether the word says the value, with all of its decimals or rounded to fewer; of an unknown one that it is unknown. */
    static boolean says(String word, Value value) {
        BigDecimal number = value.number();
        if (number == null) {
            return word.equals("unknown");
        }
        return number(word)
                .filter(written -> written.compareTo(number) == 0
                        || (written.scale() < number.scale()
                                && written.compareTo(number.setScale(written.scale(), RoundingMode.HALF_UP)) == 0))
                .isPresent();
    }

    /** The value, with as many decimals as the word before had, and all of them when there was none. */
    static String of(Value value, String before) {
        BigDecimal number = value.number();
        if (number == null) {
            return "unknown";
        }
        int scale = number(before)
                .map(BigDecimal::scale)
                .filter(given -> given > 0 && given < number.scale())
                .orElse(number.scale());
        DecimalFormat format = new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT));
        format.setMinimumFractionDigits(scale);
        format.setMaximumFractionDigits(scale);
        format.setRoundingMode(RoundingMode.HALF_UP);
        return format.format(number);
    }
}
