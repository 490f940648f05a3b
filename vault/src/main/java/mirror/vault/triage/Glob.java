package mirror.vault.triage;

import java.util.Locale;

/**
 * A pattern of a name or value: {@code *} is any number of characters, {@code ?} is one, everything else is itself, whatever its case.
 * Matching takes time in the product of both lengths at most.
 */
record Glob(String pattern) {
    boolean matches(String text) {
        String glob = pattern.toLowerCase(Locale.ROOT);
        String value = text.toLowerCase(Locale.ROOT);
        int g = 0;
        int v = 0;
        int star = -1;
        int from = 0;
        while (v < value.length()) {
            char c = g < glob.length() ? glob.charAt(g) : 0;
            if (g < glob.length() && c == '*') {
                star = g++;
                from = v;
            } else if (g < glob.length() && (c == '?' || c == value.charAt(v))) {
                g++;
                v++;
            } else if (star >= 0) {
                g = star + 1;
                v = ++from;
            } else {
                return false;
            }
        }
        while (g < glob.length() && glob.charAt(g) == '*') {
            g++;
        }
        return g == glob.length();
    }
}
