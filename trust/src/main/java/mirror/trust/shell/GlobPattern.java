package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pattern of <code>${x#…}</code> and {@code case}, for the simple ones: literal text, {@code *} and {@code ?}. */
record GlobPattern(List<String> tokens) {
    private static final String ANY = "*";
    private static final String ONE = "?";

    /** Null when the pattern holds something we do not match ourselves. */
    static @Nullable GlobPattern of(Value value) {
        List<String> tokens = new ArrayList<>();
        for (Value.Chunk chunk : value.chunks()) {
            switch (chunk) {
                case Value.Text(String text) -> text.chars().forEach(c -> tokens.add("=" + (char) c));
                case Value.Wild(String shown) when shown.equals(ANY) || shown.equals(ONE) -> tokens.add(shown);
                default -> {
                    return null;
                }
            }
        }
        return new GlobPattern(tokens);
    }

    /** One pass over the text with the set of token positions reached, so the cost is text times pattern. */
    boolean matches(String text) {
        boolean[] reached = new boolean[tokens.size() + 1];
        reached[0] = true;
        skipAny(reached);
        for (int i = 0; i < text.length(); i++) {
            boolean[] next = new boolean[reached.length];
            for (int t = 0; t < tokens.size(); t++) {
                if (reached[t]) {
                    String token = tokens.get(t);
                    if (token.equals(ANY)) {
                        next[t] = true;
                    } else if (token.equals(ONE) || (token.charAt(0) == '=' && token.charAt(1) == text.charAt(i))) {
                        next[t + 1] = true;
                    }
                }
            }
            skipAny(next);
            reached = next;
        }
        return reached[tokens.size()];
    }

    private void skipAny(boolean[] reached) {
        for (int t = 0; t < tokens.size(); t++) {
            if (reached[t] && tokens.get(t).equals(ANY)) {
                reached[t + 1] = true;
            }
        }
    }
}
