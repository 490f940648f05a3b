package mirror.trust.shell;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One word before expansion: the parts it was written with, quotes already taken off. */
record Word(List<Part> parts) {
    Word {
        parts = List.copyOf(parts);
    }

    static Word of(String text) {
        return new Word(List.of(new Text(text, true)));
    }

    /** The text when the word is plain, unquoted and needs no expansion; reserved words and function names are such. */
    @Nullable
    String bare() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof Text(String piece, boolean quoted) && !quoted) {
                text.append(piece);
            } else {
                return null;
            }
        }
        return text.toString();
    }

    sealed interface Part {}

    record Text(String text, boolean quoted) implements Part {}

    /** A pattern character that was not quoted. */
    record Wild(String text) implements Part {}

    /**
     * {@code $name} and {@code ${name…}}.
     *
     * @param index what stands in brackets after the name, if anything
     * @param operator {@code :-}, {@code %%}, {@code #len}, {@code !} … or empty
     * @param argument what follows the operator
     */
    record Parameter(String name, @Nullable Word index, String operator, Word argument, boolean quoted)
            implements Part {}

    /** {@code $(…)} or backticks. */
    record Substitution(Node script, boolean quoted) implements Part {}

    /** {@code $((…))}. */
    record Calculation(Word expression) implements Part {}

    /** {@code <(…)} or {@code >(…)}. */
    record Channel(Node script, boolean input) implements Part {}

    /** {@code (…)} after {@code NAME=}. */
    record Array(List<Word> elements) implements Part {}
}
