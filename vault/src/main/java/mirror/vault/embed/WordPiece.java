package mirror.vault.embed;

import java.io.IOException;
import java.io.InputStream;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;

/**
 * Takes text apart as BERT's uncased models were trained on it: characters are cleaned, accents dropped, letters made small,
 * punctuation and Chinese characters stand alone, and each word becomes the longest pieces that the vocabulary has. Every piece knows
 * where it stands in the text. Immutable, thread-safe, linear in the length of the text.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin et al., BERT (2018)</a>
 */
final class WordPiece {
    static final int CLS = 101;
    static final int SEP = 102;
    private static final int UNKNOWN = 100;

    /** A longer word is no word. */
    private static final int LONGEST = 100;

    private final Map<String, Integer> vocabulary;

    private WordPiece(Map<String, Integer> vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** Hears of pieces, in the order of the text. */
    interface Sink {
        /**
         * @param id in the vocabulary
         * @param start index of the first character of the word that the piece is of
         * @param end index after its last
         * @param isFirst whether the word starts with it
         * @return whether more is wanted
         */
        boolean piece(int id, int start, int end, boolean isFirst);
    }

    /** @param tokenizer a {@code tokenizer.json} of Hugging Face with a {@code WordPiece} model */
    static WordPiece read(InputStream tokenizer) throws IOException {
        JsonNode model = Json.MAPPER.readTree(tokenizer.readAllBytes()).path("model");
        Map<String, Integer> vocabulary = new HashMap<>();
        model.path("vocab")
                .properties()
                .forEach(each -> vocabulary.put(each.getKey(), each.getValue().asInt()));
        if (!model.path("type").asString("").equals("WordPiece") || vocabulary.getOrDefault("[CLS]", -1) != CLS) {
            throw new IOException("the tokenizer is not the one of BERT's uncased models");
        }
        return new WordPiece(vocabulary);
    }

    void pieces(String text, int from, int to, Sink sink) {
        StringBuilder word = new StringBuilder();
        int start = from;
        int i = from;
        while (i < to) {
            int c = text.codePointAt(i);
            int next = i + Character.charCount(c);
            if (isSpace(c)) {
                if (!word(word, start, i, sink)) {
                    return;
                }
                start = next;
            } else if (standsAlone(c)) {
                if (!word(word, start, i, sink)) {
                    return;
                }
                add(word, c);
                if (!word(word, i, next, sink)) {
                    return;
                }
                start = next;
            } else {
                if (word.isEmpty()) {
                    start = i;
                }
                add(word, c);
            }
            i = next;
        }
        word(word, start, to, sink);
    }

    /** @return whether more is wanted; the word is empty then */
    private boolean word(StringBuilder word, int start, int end, Sink sink) {
        if (word.isEmpty()) {
            return true;
        }
        int[] ids = longest(word.toString());
        word.setLength(0);
        for (int i = 0; i < ids.length; i++) {
            if (!sink.piece(ids[i], start, end, i == 0)) {
                return false;
            }
        }
        return true;
    }

    private int[] longest(String word) {
        if (word.codePointCount(0, word.length()) > LONGEST) {
            return new int[] {UNKNOWN};
        }
        int[] ids = new int[word.length()];
        int count = 0;
        for (int at = 0; at < word.length(); count++) {
            Integer id = null;
            int to = word.length();
            while (id == null && to > at) {
                id = vocabulary.get(at == 0 ? word.substring(0, to) : "##" + word.substring(at, to));
                to = id == null ? to - 1 : to;
            }
            if (id == null) {
                return new int[] {UNKNOWN};
            }
            ids[count] = id;
            at = to;
        }
        return Arrays.copyOf(ids, count);
    }

    /** What the model was trained to see of a character: nothing, a small letter without its accent, or several of them. */
    private static void add(StringBuilder word, int c) {
        if (c < 128) {
            if (c > ' ' && c < 127) {
                word.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c));
            }
            return;
        }
        if (c == 0xfffd || isOther(c)) {
            return;
        }
        Normalizer.normalize(Character.toString(c), Normalizer.Form.NFD)
                .codePoints()
                .filter(each -> Character.getType(each) != Character.NON_SPACING_MARK)
                .forEach(each -> word.appendCodePoint(Character.toLowerCase(each)));
    }

    private static boolean isOther(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static boolean isSpace(int c) {
        return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 || (c > 127 && isSeparator(c));
    }

    private static boolean isSeparator(int c) {
        return switch (Character.getType(c)) {
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    private static boolean standsAlone(int c) {
        if (c < 128) {
            return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
        }
        return isChinese(c)
                || switch (Character.getType(c)) {
                    case Character.CONNECTOR_PUNCTUATION,
                            Character.DASH_PUNCTUATION,
                            Character.START_PUNCTUATION,
                            Character.END_PUNCTUATION,
                            Character.INITIAL_QUOTE_PUNCTUATION,
                            Character.FINAL_QUOTE_PUNCTUATION,
                            Character.OTHER_PUNCTUATION -> true;
                    default -> false;
                };
    }

    private static boolean isChinese(int c) {
        return (c >= 0x4E00 && c <= 0x9FFF)
                || (c >= 0x3400 && c <= 0x4DBF)
                || (c >= 0x20000 && c <= 0x2A6DF)
                || (c >= 0x2A700 && c <= 0x2B73F)
                || (c >= 0x2B740 && c <= 0x2B81F)
                || (c >= 0x2B820 && c <= 0x2CEAF)
                || (c >= 0xF900 && c <= 0xFAFF)
                || (c >= 0x2F800 && c <= 0x2FA1F);
    }
}
