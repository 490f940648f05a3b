package mirror.tiers.dialect;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;

/** Bytes that were valid once. */
final class Mutations {
    private Mutations() {}

    static byte[] of(RandomGenerator random, byte[] valid) {
        if (random.nextInt(20) == 0) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            return noise;
        }
        String text = new String(valid, StandardCharsets.ISO_8859_1);
        List<String> tokens = List.of(
                "null",
                "1e99999",
                "-1",
                "{}",
                "[]",
                "\"x\"",
                "true",
                "[[[[",
                "\"\\ud800\"",
                "99999999999999999999",
                ",",
                "\n\n",
                "data: ",
                "\"index\":7",
                "[DONE]",
                "1E2147483648",
                "0.1");
        for (int n = random.nextInt(1, 4); n > 0 && !text.isEmpty(); n--) {
            int at = random.nextInt(text.length());
            int to = Math.min(text.length(), at + random.nextInt(12));
            text = switch (random.nextInt(5)) {
                case 0 -> text.substring(0, at);
                case 1 -> text.substring(0, at) + text.substring(to);
                case 2 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(at + 1);
                case 3 -> replaceValue(text, at, tokens.get(random.nextInt(tokens.size())));
                default -> text.substring(0, at) + tokens.get(random.nextInt(tokens.size())) + text.substring(at);
            };
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** So that mutations get past the parser: the next value after a colon becomes another one. */
    private static String replaceValue(String text, int from, String token) {
        int colon = text.indexOf("\":", from);
        if (colon < 0) {
            return text;
        }
        int end = colon + 2;
        while (end < text.length() && ",}]".indexOf(text.charAt(end)) < 0) {
            end++;
        }
        return text.substring(0, colon + 2) + token + text.substring(end);
    }
}
