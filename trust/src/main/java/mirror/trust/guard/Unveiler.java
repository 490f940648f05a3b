package mirror.trust.guard;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Undoes what hides the words of a text: Unicode look-alikes, invisible characters, encodings up to three deep. What comes out is a few
 * readings of the text, in lower-case ASCII as far as it goes; each costs time linear in the text, and their number and total length are
 * bounded. Stateless.
 */
final class Unveiler {
    /** One way to read the text. {@code layer} says what was undone. */
    record Reading(String layer, String text) {}

    private static final int READINGS = 24;
    private static final int DEPTH = 3;
    private static final int RUN = 12;

    /** The layer whose words stand in the order of another language. */
    static final String GLOSSED = "glossed";

    private static final Map<String, String> ENTITIES = Map.of(
            "amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'", "nbsp", " ", "colon", ":", "period", ".",
            "excl", "!", "sol", "/");

    /** Letters of other scripts that look like Latin ones; pairs of look-alike and letter (Unicode TR39, the common part). */
    private static final String LOOK_ALIKES =
            "аaбbвbгrдdеeёeзzиuйuкkлnмmнhоoпnрpсcтtуyфfхxчyьbэeіiїiјjѕsԁdԛqԝwһhӏlғfңhүyєe"
                    + "αaβbγyδdεeζzηnθoιiκkλlμuνvξeοoπnρpσoςsτtυuφpχxψwωw"
                    + "ıiłløođdħhŧtæaœoßsðdþpɑaɡgɩiʀrʏyꜱsᴀaʙbᴄcᴅdᴇeɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpᴛtᴜuᴠvᴡwᴢz"
                    + "օoսuոnհhյjցgքpԼlտsզqѵvᥙuᴦr";

    private Unveiler() {}

    static List<Reading> readings(String text) {
        List<Reading> out = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        record Step(Reading reading, int depth, boolean turned) {}
        Deque<Step> queue = new ArrayDeque<>();
        long budget = 6L * text.length() + 4096;
        queue.add(new Step(new Reading("plain", visible(text)), 0, false));
        while (!queue.isEmpty() && out.size() < READINGS && budget > 0) {
            Step step = queue.removeFirst();
            String raw = step.reading.text;
            if (raw.isBlank() || !seen.add(raw)) {
                continue;
            }
            budget -= raw.length();
            String layer = step.reading.layer;
            String folded = fold(raw);
            out.add(new Reading(layer, folded));
            leet(folded, layer, out);
            String glossed = Glossary.read(raw);
            if (glossed != null) {
                out.add(new Reading(layer.equals("plain") ? GLOSSED : layer + "+" + GLOSSED, fold(glossed)));
            }
            if (step.depth >= DEPTH) {
                continue;
            }
            add(queue, "percent", percent(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            add(queue, "entities", entities(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            add(queue, "escapes", escapes(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            add(queue, "base64", base64(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            add(queue, "base32", base32(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            add(queue, "numbers", numbers(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            add(queue, "hex", hex(raw), step.reading, (r) -> new Step(r, step.depth + 1, step.turned));
            if (!step.turned) {
                add(queue, "rot13", rot13(raw), step.reading, (r) -> new Step(r, step.depth + 1, true));
                add(
                        queue,
                        "reversed",
                        new StringBuilder(raw).reverse().toString(),
                        step.reading,
                        (r) -> new Step(r, DEPTH, true));
            }
        }
        return out;
    }

    private interface Next<T> {
        T of(Reading reading);
    }

    private static <T> void add(Deque<T> queue, String what, @Nullable String text, Reading from, Next<T> next) {
        if (text != null) {
            queue.add(next.of(new Reading(from.layer.equals("plain") ? what : from.layer + "+" + what, text)));
        }
    }

    /** Compatibility forms replaced, tag characters read, what cannot be seen taken out. Case stays, for base64. */
    static String visible(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int[] points =
                Normalizer.normalize(text, Normalizer.Form.NFKC).codePoints().toArray();
        for (int c : points) {
            if (c >= 0xE0020 && c <= 0xE007E) {
                out.append((char) (c - 0xE0000));
            } else if (c >= 0xE0100 && c <= 0xE01EF) {
                // Variation selectors that number bytes.
                out.append((char) (c - 0xE0100 + 16));
            } else if (c == '\n' || c == '\t' || c == '\r') {
                out.append((char) c);
            } else {
                switch (Character.getType(c)) {
                    case Character.FORMAT, Character.CONTROL, Character.SURROGATE, Character.PRIVATE_USE -> {}
                    case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                        out.append(' ');
                    default -> {
                        // Fillers and variation selectors are letters and marks by their category, and invisible.
                        if (c != 0x3164 && c != 0x115F && c != 0x1160 && c != 0x034F) {
                            out.appendCodePoint(c);
                        }
                    }
                }
            }
        }
        return out.toString();
    }

    /** Lower case, without marks, look-alikes as the letters they look like, typographic quotes as plain ones. */
    static String fold(String text) {
        String parts = Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFKD);
        StringBuilder out = new StringBuilder(parts.length());
        for (int i = 0; i < parts.length(); i++) {
            char c = parts.charAt(i);
            if (c < 128) {
                out.append(c);
            } else if ("‘’‚‛′ʼ".indexOf(c) >= 0) {
                out.append('\'');
            } else if ("“”„«»″".indexOf(c) >= 0) {
                out.append('"');
            } else if (c >= '‐' && c <= '―') {
                out.append('-');
            } else if (Character.getType(c) != Character.NON_SPACING_MARK
                    && Character.getType(c) != Character.ENCLOSING_MARK) {
                out.append(ALIKE.getOrDefault(c, c));
            }
        }
        return out.toString();
    }

    private static final Map<Character, Character> ALIKE = alike();

    private static Map<Character, Character> alike() {
        Map<Character, Character> map = new java.util.HashMap<>();
        for (int i = 0; i + 1 < LOOK_ALIKES.length(); i += 2) {
            map.put(LOOK_ALIKES.charAt(i), LOOK_ALIKES.charAt(i + 1));
        }
        return Map.copyOf(map);
    }

    /** Digits and signs in the middle of words read as letters; 1 is i in one reading and l in the other. */
    private static void leet(String text, String layer, List<Reading> out) {
        StringBuilder i = new StringBuilder(text.length());
        StringBuilder l = new StringBuilder(text.length());
        int changed = 0;
        int at = 0;
        while (at < text.length()) {
            int end = at;
            boolean letter = false;
            boolean digit = false;
            while (end < text.length() && leetChar(text.charAt(end))) {
                boolean isLetter = text.charAt(end) >= 'a' && text.charAt(end) <= 'z';
                letter |= isLetter;
                digit |= !isLetter;
                end++;
            }
            if (end == at) {
                i.append(text.charAt(at));
                l.append(text.charAt(at));
                at++;
                continue;
            }
            boolean word = letter && digit;
            changed += word ? 1 : 0;
            for (; at < end; at++) {
                char c = text.charAt(at);
                i.append(word ? unleet(c, 'i') : c);
                l.append(word ? unleet(c, 'l') : c);
            }
        }
        if (changed >= 2) {
            String name = layer.equals("plain") ? "leet" : layer + "+leet";
            out.add(new Reading(name, i.toString()));
            out.add(new Reading(name, l.toString()));
        }
    }

    private static boolean leetChar(char c) {
        return (c >= 'a' && c <= 'z') || "0134578@$!|+".indexOf(c) >= 0;
    }

    private static char unleet(char c, char one) {
        return switch (c) {
            case '0' -> 'o';
            case '1', '!', '|' -> one;
            case '3' -> 'e';
            case '4', '@' -> 'a';
            case '5', '$' -> 's';
            case '7', '+' -> 't';
            case '8' -> 'b';
            default -> c;
        };
    }

    private static @Nullable String percent(String text) {
        if (count(text, '%') < 3) {
            return null;
        }
        return bytes(text, '%', "");
    }

    private static @Nullable String escapes(String text) {
        if (count(text, '\\') < 3) {
            return null;
        }
        StringBuilder out = new StringBuilder(text.length());
        boolean any = false;
        for (int i = 0; i < text.length(); i++) {
            int digits = 0;
            if (text.charAt(i) == '\\' && i + 1 < text.length()) {
                digits = text.charAt(i + 1) == 'x' ? 2 : text.charAt(i + 1) == 'u' ? 4 : 0;
            }
            int value = digits == 0 ? -1 : number(text, i + 2, digits);
            if (value > 0) {
                out.append((char) value);
                i += 1 + digits;
                any = true;
            } else {
                out.append(text.charAt(i));
            }
        }
        return any ? visible(out.toString()) : null;
    }

    private static @Nullable String bytes(String text, char mark, String between) {
        StringBuilder out = new StringBuilder(text.length());
        byte[] run = new byte[text.length() / 3 + 1];
        boolean any = false;
        int i = 0;
        while (i < text.length()) {
            int n = 0;
            while (i < text.length() && text.charAt(i) == mark && number(text, i + 1, 2) >= 0) {
                run[n++] = (byte) number(text, i + 1, 2);
                i += 3;
            }
            if (n > 0) {
                out.append(new String(run, 0, n, StandardCharsets.UTF_8)).append(between);
                any = true;
            } else {
                out.append(text.charAt(i++));
            }
        }
        return any ? visible(out.toString()) : null;
    }

    private static int number(String text, int from, int digits) {
        if (from + digits > text.length()) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private static @Nullable String entities(String text) {
        if (text.indexOf('&') < 0) {
            return null;
        }
        StringBuilder out = new StringBuilder(text.length());
        boolean any = false;
        for (int i = 0; i < text.length(); i++) {
            String value = null;
            int end = -1;
            if (text.charAt(i) == '&') {
                for (int k = i + 1; k < Math.min(text.length(), i + 12) && end < 0; k++) {
                    end = text.charAt(k) == ';' ? k : -1;
                }
                value = end < 0 ? null : entity(text.substring(i + 1, end));
            }
            if (value == null) {
                out.append(text.charAt(i));
            } else {
                out.append(value);
                i = end;
                any = true;
            }
        }
        return any ? visible(out.toString()) : null;
    }

    private static @Nullable String entity(String name) {
        if (!name.startsWith("#")) {
            return ENTITIES.get(name.toLowerCase(Locale.ROOT));
        }
        try {
            boolean hex = name.length() > 1 && (name.charAt(1) == 'x' || name.charAt(1) == 'X');
            int point = Integer.parseInt(name.substring(hex ? 2 : 1), hex ? 16 : 10);
            return point > 0 && Character.isValidCodePoint(point) ? Character.toString(point) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Every run of base64 that decodes to text, in place of the run. A run may be broken over lines. */
    private static @Nullable String base64(String text) {
        StringBuilder out = new StringBuilder();
        boolean any = false;
        int i = 0;
        while (i < text.length()) {
            int end = i;
            StringBuilder run = new StringBuilder();
            while (end < text.length()) {
                char c = text.charAt(end);
                if (isBase64(c)) {
                    run.append(c == '-' ? '+' : c == '_' ? '/' : c);
                } else if (!((c == '\n' || c == '\r') && run.length() >= 40)) {
                    break;
                }
                end++;
            }
            String decoded = run.length() >= RUN ? text(decode(run)) : null;
            if (decoded != null) {
                out.append(' ').append(decoded).append(' ');
                any = true;
                i = end;
            } else {
                // A run that is no text is skipped whole, so that the time stays linear.
                out.append(text, i, Math.max(end, i + 1));
                i = Math.max(end, i + 1);
            }
        }
        return any ? visible(out.toString()) : null;
    }

    private static boolean isBase64(char c) {
        return (c >= 'A' && c <= 'Z')
                || (c >= 'a' && c <= 'z')
                || (c >= '0' && c <= '9')
                || c == '+'
                || c == '/'
                || c == '-'
                || c == '_';
    }

    private static byte @Nullable [] decode(CharSequence run) {
        String whole =
                run.length() % 4 == 1 ? run.subSequence(0, run.length() - 1).toString() : run.toString();
        try {
            return Base64.getDecoder().decode(whole);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Pairs of hex digits, alone or parted by one blank, colon or comma, that make text. */
    private static @Nullable String hex(String text) {
        StringBuilder out = new StringBuilder();
        boolean any = false;
        int i = 0;
        while (i < text.length()) {
            int at = i;
            List<Byte> run = new ArrayList<>();
            while (at < text.length() && number(text, at, 2) >= 0) {
                run.add((byte) number(text, at, 2));
                at += 2;
                if (at + 1 < text.length() && " :,".indexOf(text.charAt(at)) >= 0 && number(text, at + 1, 2) >= 0) {
                    at++;
                }
            }
            byte[] bytes = new byte[run.size()];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = run.get(k);
            }
            String decoded = bytes.length >= RUN ? text(bytes) : null;
            if (decoded != null) {
                out.append(' ').append(decoded).append(' ');
                any = true;
            } else {
                out.append(text, i, Math.max(at, i + 1));
            }
            i = Math.max(at, i + 1);
        }
        return any ? visible(out.toString()) : null;
    }

    /** The bytes as text, or null when they are not readable UTF-8. */
    private static @Nullable String text(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return null;
        }
        String decoded;
        try {
            decoded = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
        long odd = decoded.chars()
                .filter(c -> c < ' ' && c != '\n' && c != '\t' && c != '\r')
                .count();
        return odd * 20 > decoded.length() ? null : decoded;
    }

    private static @Nullable String base32(String text) {
        StringBuilder out = new StringBuilder();
        boolean any = false;
        int i = 0;
        while (i < text.length()) {
            int end = i;
            while (end < text.length() && isBase32(text.charAt(end))) {
                end++;
            }
            String decoded = null;
            if (end - i >= 2 * RUN) {
                byte[] bytes = new byte[(end - i) * 5 / 8];
                long bits = 0;
                int held = 0;
                int n = 0;
                for (int k = i; k < end; k++) {
                    char c = text.charAt(k);
                    bits = (bits << 5 | (c >= 'A' ? c - 'A' : c - '2' + 26)) & 0xFFFF;
                    held += 5;
                    if (held >= 8) {
                        held -= 8;
                        bytes[n++] = (byte) (bits >> held);
                    }
                }
                decoded = text(bytes);
            }
            any |= decoded != null;
            int stop = Math.max(end, i + 1);
            out.append(decoded == null ? text.substring(i, stop) : ' ' + decoded + ' ');
            i = stop;
        }
        return any ? visible(out.toString()) : null;
    }

    private static boolean isBase32(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    }

    /** Runs of numbers, in binary or decimal, that are the characters of a text. */
    private static @Nullable String numbers(String text) {
        StringBuilder out = new StringBuilder();
        StringBuilder run = new StringBuilder();
        boolean any = false;
        int i = 0;
        while (i < text.length()) {
            int at = i;
            run.setLength(0);
            while (at < text.length() && isDigit(text.charAt(at))) {
                int end = at;
                boolean binary = true;
                while (end < text.length() && isDigit(text.charAt(end)) && end - at <= 8) {
                    binary &= text.charAt(end) <= '1';
                    end++;
                }
                int value = end - at == 8 && binary
                        ? Integer.parseInt(text, at, end, 2)
                        : end - at <= 3 ? Integer.parseInt(text, at, end, 10) : -1;
                if (value < 10 || value > 126) {
                    break;
                }
                run.append((char) value);
                at = end;
                for (int k = 0; k < 2 && at < text.length() && " ,\n".indexOf(text.charAt(at)) >= 0; k++) {
                    at++;
                }
            }
            if (run.length() >= RUN) {
                any = true;
                out.append(' ').append(run).append(' ');
                i = at;
            } else {
                out.append(text, i, Math.max(at, i + 1));
                i = Math.max(at, i + 1);
            }
        }
        return any ? visible(out.toString()) : null;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static String rot13(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char base = c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : 0;
            out.append(base == 0 ? c : (char) (base + (c - base + 13) % 26));
        }
        return out.toString();
    }

    private static int count(String text, char c) {
        int n = 0;
        for (int i = 0; i < text.length() && n < 3; i++) {
            n += text.charAt(i) == c ? 1 : 0;
        }
        return n;
    }
}
