package mirror.tiers.wire;

/**
 * One header field.
 *
 * @param name as it came; compared without regard to case
 * @param value without the space around it
 */
public record Header(String name, String value) {
    public boolean is(String other) {
        return name.equalsIgnoreCase(other);
    }

    /** Whether it can be written into a message without changing where the message's parts begin (RFC 9110, 5.1 and 5.5). */
    public boolean isSound() {
        return isToken(name) && isValue(value);
    }

    static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean token = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            if (!token) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static boolean isValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F || c > 0xFF) {
                return false;
            }
        }
        return true;
    }
}
