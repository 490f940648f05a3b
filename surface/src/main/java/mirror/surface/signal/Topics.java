package mirror.surface.signal;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.surface.signal.SignalRefused.Fault;

/** Names of topics: up to 64 letters, digits, dashes and underscores, as ntfy and its apps have them. */
final class Topics {
    private static final Pattern NAME = Pattern.compile("[-_A-Za-z0-9]{1,64}");

    /** These are paths of their own in ntfy, and its apps refuse them. */
    private static final Set<String> TAKEN = Set.of(
            "docs",
            "static",
            "file",
            "app",
            "account",
            "settings",
            "pricing",
            "signup",
            "login",
            "reset-password",
            "v1");

    private static final int MOST = 64;

    private Topics() {}

    static boolean isName(String text) {
        return NAME.matcher(text).matches() && !TAKEN.contains(text);
    }

    static String one(String text) {
        if (!isName(text)) {
            throw SignalRefused.of(Fault.TOPIC);
        }
        return text;
    }

    /** Names with commas between them. */
    static List<String> list(String text) {
        List<String> names = List.of(text.split(",", -1));
        if (names.size() > MOST || !names.stream().allMatch(Topics::isName)) {
            throw SignalRefused.of(Fault.TOPIC);
        }
        return names.stream().distinct().toList();
    }
}
