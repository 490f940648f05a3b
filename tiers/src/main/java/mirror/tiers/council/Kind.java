package mirror.tiers.council;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What sort of question it is, by its words; the first that fits. */
public enum Kind {
    CODE("```|\\b(code|function|class|compile|compiler|exception|stack ?trace|regex|sql|bug|unit tests?)\\b"),
    TEXT("^\\s*(write|rewrite|translate|summari[sz]e|draft|rephrase|shorten|schreibe?|\u00fcbersetze?)\\b"),
    HOW_TO("\\b(how (do|can|should|to)|steps? (to|for)|wie (kann|mache?|geht))\\b"),
    DECISION("\\b(should (i|we)|better|best|versus|vs\\.?|choose|pros and cons|worth|soll(te)?n? (ich|wir)|besser)\\b"),
    FACT(
            "\\b(who|when|where|which|what|how (many|much|old|long|far|big|high)|is|are|was|were|did|does|wer|wann|wo|wie ?viele?|was)\\b"),
    OTHER("");

    private final Pattern words;

    Kind(String words) {
        this.words = Pattern.compile(words, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Kind> named(String text) {
        for (Kind kind : values()) {
            if (kind.text().equals(text)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    static Kind of(String question) {
        for (Kind kind : values()) {
            if (kind.words.matcher(question).find()) {
                return kind;
            }
        }
        return OTHER;
    }
}
