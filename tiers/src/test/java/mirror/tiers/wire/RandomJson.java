package mirror.tiers.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Random JSON, and random damage to it. */
final class RandomJson {
    private RandomJson() {}

    private static final String[] TEXTS = {
        "",
        "a",
        "plain text of some length, long enough for eight at a time",
        "\\n\\t\\\"",
        "\\u0041",
        "é",
        "漢字",
        "😀",
        "\\ud83d\\ude00",
        "\u007f",
        "x\\\\",
        "\\/",
        "type",
        "Kelvin"
    };
    private static final String[] NUMBERS = {
        "0", "-0", "1", "12", "-3.25", "1e5", "2E-3", "123456789012345678901234567890"
    };
    private static final String[] SPACES = {"", "", "", " ", "\n", "\t \r"};

    /** An object in which each of the names comes at most once at the top. */
    static byte[] object(RandomGenerator random, List<String> names) {
        StringBuilder text = new StringBuilder(space(random)).append('{');
        String comma = "";
        for (String name : names) {
            if (random.nextBoolean()) {
                text.append(comma).append(space(random));
                string(text, name);
                text.append(space(random)).append(':').append(space(random));
                value(text, random, 3);
                comma = space(random) + ",";
            }
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            text.append(comma);
            string(text, "m" + random.nextInt(5));
            text.append(':');
            value(text, random, 4);
            comma = ",";
        }
        return text.append(space(random))
                .append('}')
                .append(space(random))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void string(StringBuilder text, String raw) {
        text.append('"').append(raw).append('"');
    }

    private static String space(RandomGenerator random) {
        return SPACES[random.nextInt(SPACES.length)];
    }

    private static void value(StringBuilder text, RandomGenerator random, int depth) {
        switch (random.nextInt(depth > 0 ? 8 : 6)) {
            case 0 -> text.append("true");
            case 1 -> text.append("false");
            case 2 -> text.append("null");
            case 3 -> text.append(NUMBERS[random.nextInt(NUMBERS.length)]);
            case 4, 5 -> string(text, TEXTS[random.nextInt(TEXTS.length)] + TEXTS[random.nextInt(TEXTS.length)]);
            case 6 -> {
                text.append('[').append(space(random));
                for (int i = random.nextInt(4); i > 0; i--) {
                    value(text, random, depth - 1);
                    text.append(space(random)).append(i > 1 ? "," : "");
                }
                text.append(']');
            }
            default -> {
                text.append('{').append(space(random));
                for (int i = random.nextInt(4); i > 0; i--) {
                    string(text, TEXTS[random.nextInt(TEXTS.length)]);
                    text.append(':');
                    value(text, random, depth - 1);
                    text.append(i > 1 ? "," : "");
                }
                text.append('}');
            }
        }
    }

    /** The bytes with one of them changed, removed, doubled, or cut off there. */
    static byte[] damage(byte[] bytes, RandomGenerator random) {
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(4)) {
            case 0 -> {
                byte[] changed = bytes.clone();
                changed[at] = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) "{}[]\",:\\tn0".charAt(random.nextInt(11));
                yield changed;
            }
            case 1 -> {
                byte[] shorter = Arrays.copyOf(bytes, bytes.length - 1);
                System.arraycopy(bytes, at + 1, shorter, at, bytes.length - at - 1);
                yield shorter;
            }
            case 2 -> {
                byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
                System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                yield longer;
            }
            default -> Arrays.copyOf(bytes, at);
        };
    }
}
