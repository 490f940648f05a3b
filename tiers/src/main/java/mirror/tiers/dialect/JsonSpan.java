package mirror.tiers.dialect;

/** Follows a JSON object that comes in pieces, to know when it is whole. It counts brackets outside of strings, and checks nothing else but its start. */
final class JsonSpan {
    private int depth;
    private boolean inString;
    private boolean escaped;
    private boolean begun;
    private boolean whole;

    /** Whether this piece has something else than white space before or behind the object. */
    boolean addAndSeeMore(String piece) {
        for (int i = 0; i < piece.length(); i++) {
            char c = piece.charAt(i);
            if (whole || (!begun && c != '{')) {
                if (!Character.isWhitespace(c)) {
                    return true;
                }
            } else if (inString) {
                inString = escaped || c != '"';
                escaped = !escaped && c == '\\';
            } else {
                outside(c);
            }
        }
        return false;
    }

    private void outside(char c) {
        switch (c) {
            case '"' -> inString = true;
            case '{', '[' -> {
                depth++;
                begun = true;
            }
            case '}', ']' -> {
                depth--;
                whole = depth <= 0;
            }
            default -> {}
        }
    }

    boolean whole() {
        return whole;
    }

    /** Nothing but white space so far. */
    boolean blank() {
        return !begun;
    }
}
