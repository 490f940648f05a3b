package mirror.trust.shell;

import java.util.List;
import java.util.stream.Collectors;

/** Arguments as a shell would have to be told them, for the analysis of what they do and for a person to read and to type. */
public final class CommandLine {
    private CommandLine() {}

    public static String of(List<String> argv) {
        return argv.stream().map(CommandLine::word).collect(Collectors.joining(" "));
    }

    /** One word, in quotes where it needs them. */
    public static String word(String word) {
        return word.matches("[A-Za-z0-9_@%+:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
