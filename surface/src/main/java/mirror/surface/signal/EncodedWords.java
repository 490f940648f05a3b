package mirror.surface.signal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decodes RFC 2047's encoded words in a header: {@code =?utf-8?b?…?=}, {@code =?utf-8?q?…?=}. White space between two of them is dropped
 * (section 6.2). What is no encoded word, has an unknown character set or cannot be decoded stays as it stands. Pure.
 */
final class EncodedWords {
    private static final Pattern WORD =
            Pattern.compile("=\\?([A-Za-z0-9._-]{1,40})\\?([bBqQ])\\?([\\x21-\\x3E\\x40-\\x7E]*)\\?=");

    private EncodedWords() {}

    static String decode(String text) {
        if (!text.contains("=?")) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        Matcher matcher = WORD.matcher(text);
        int end = 0;
        boolean afterWord = false;
        while (matcher.find()) {
            Optional<String> word = word(matcher.group(1), matcher.group(2), matcher.group(3));
            String between = text.substring(end, matcher.start());
            if (!afterWord || word.isEmpty() || !between.isBlank()) {
                out.append(between);
            }
            out.append(word.orElse(matcher.group()));
            afterWord = word.isPresent();
            end = matcher.end();
        }
        return out.append(text, end, text.length()).toString();
    }

    private static Optional<String> word(String charset, String encoding, String payload) {
        Charset set = switch (charset.toLowerCase(Locale.ROOT)) {
            case "utf-8" -> StandardCharsets.UTF_8;
            case "iso-8859-1" -> StandardCharsets.ISO_8859_1;
            case "us-ascii" -> StandardCharsets.US_ASCII;
            default -> null;
        };
        if (set == null) {
            return Optional.empty();
        }
        try {
            byte[] bytes = encoding.equalsIgnoreCase("b") ? Base64.getDecoder().decode(payload) : q(payload);
            return Optional.of(set.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static byte[] q(String payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < payload.length(); i++) {
            char c = payload.charAt(i);
            if (c == '_') {
                out.write(' ');
            } else if (c == '=') {
                if (i + 2 >= payload.length()) {
                    throw new IllegalArgumentException("an escape is cut");
                }
                out.write(Integer.parseInt(payload, i + 1, i + 3, 16));
                i += 2;
            } else {
                out.write(c);
            }
        }
        return out.toByteArray();
    }
}
