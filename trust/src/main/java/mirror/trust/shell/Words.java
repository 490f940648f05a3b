package mirror.trust.shell;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Word lists kept as plain text, so that a list of a hundred names is a few lines and not a hundred. */
final class Words {
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private Words() {}

    static Set<String> of(String text) {
        return BLANKS.splitAsStream(text.strip()).collect(Collectors.toUnmodifiableSet());
    }
}
