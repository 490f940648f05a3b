package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import mirror.trust.shell.Word.Part;
import org.jspecify.annotations.Nullable;

/** Brace expansion, which bash does before everything else: one word becomes several, {@code {rm,-rf,/}} becomes a command. */
final class Braces {
    private static final int MAX_WORDS = 512;
    private static final int MAX_OPEN = 64;

    private Braces() {}

    static List<Word> expand(Word word) {
        if (word.parts().stream()
                .noneMatch(part -> part instanceof Word.Text(String text, boolean q) && !q && text.indexOf('{') >= 0)) {
            return List.of(word);
        }
        List<Part> atoms = atoms(word);
        if (atoms.stream().filter(atom -> is(atom, "{")).count() > MAX_OPEN) {
            throw new ShellSyntaxException("a word holds more braces than can be followed");
        }
        List<Word> words = new ArrayList<>();
        for (List<Part> parts : alternatives(atoms, 0)) {
            words.add(new Word(parts));
        }
        return words;
    }

    /** Every unquoted character on its own, so that braces and commas can be found. */
    private static List<Part> atoms(Word word) {
        List<Part> atoms = new ArrayList<>();
        for (Part part : word.parts()) {
            if (part instanceof Word.Text(String text, boolean quoted) && !quoted) {
                text.codePoints().forEach(c -> atoms.add(new Word.Text(Character.toString(c), false)));
            } else {
                atoms.add(part);
            }
        }
        return atoms;
    }

    private static List<List<Part>> alternatives(List<Part> atoms, int depth) {
        if (depth > 40) {
            throw new ShellSyntaxException("braces nest too deep to be followed");
        }
        for (int open = 0; open < atoms.size(); open++) {
            if (!is(atoms.get(open), "{")) {
                continue;
            }
            List<List<Part>> choices = choices(atoms, open);
            if (choices == null) {
                continue;
            }
            if (open > 0
                    && atoms.get(open - 1) instanceof Word.Parameter variable
                    && variable.operator().isEmpty()) {
                // Braces come first: in $A{b,c} the variables are $Ab and $Ac.
                throw new ShellSyntaxException("the name of a variable runs into braces");
            }
            int close = close(atoms, open);
            List<List<Part>> tails = alternatives(atoms.subList(close + 1, atoms.size()), depth + 1);
            List<List<Part>> all = new ArrayList<>();
            for (List<Part> choice : choices) {
                for (List<Part> middle : alternatives(choice, depth + 1)) {
                    for (List<Part> tail : tails) {
                        List<Part> whole = new ArrayList<>(atoms.subList(0, open));
                        whole.addAll(middle);
                        whole.addAll(tail);
                        all.add(whole);
                        if (all.size() > MAX_WORDS) {
                            throw new ShellSyntaxException("braces expand to more words than can be followed");
                        }
                    }
                }
            }
            return all;
        }
        List<List<Part>> one = new ArrayList<>();
        one.add(atoms);
        return one;
    }

    private static boolean is(Part part, String text) {
        return part instanceof Word.Text(String own, boolean quoted) && !quoted && own.equals(text);
    }

    private static int close(List<Part> atoms, int open) {
        int depth = 0;
        for (int i = open; i < atoms.size(); i++) {
            if (is(atoms.get(i), "{")) {
                depth++;
            } else if (is(atoms.get(i), "}") && --depth == 0) {
                return i;
            }
        }
        return -1;
    }

    private static @Nullable List<List<Part>> choices(List<Part> atoms, int open) {
        int close = close(atoms, open);
        if (close < 0) {
            return null;
        }
        List<List<Part>> choices = new ArrayList<>();
        int depth = 0;
        int start = open + 1;
        for (int i = open + 1; i < close; i++) {
            depth += is(atoms.get(i), "{") ? 1 : is(atoms.get(i), "}") ? -1 : 0;
            if (depth == 0 && is(atoms.get(i), ",")) {
                choices.add(atoms.subList(start, i));
                start = i + 1;
            }
        }
        if (choices.isEmpty()) {
            return range(new Word(atoms.subList(open + 1, close)).bare());
        }
        choices.add(atoms.subList(start, close));
        return choices;
    }

    /** {@code 1..9} or {@code a..z}, with an optional step; a long one is a name that is not known. */
    private static @Nullable List<List<Part>> range(@Nullable String text) {
        int dots = text == null ? -1 : text.indexOf("..");
        if (text == null || dots <= 0 || dots + 2 >= text.length()) {
            return null;
        }
        String from = text.substring(0, dots);
        String to = text.substring(dots + 2);
        if (from.length() == 1
                && to.length() == 1
                && Character.isLetter(from.charAt(0))
                && Character.isLetter(to.charAt(0))) {
            List<List<Part>> letters = new ArrayList<>();
            int step = from.charAt(0) <= to.charAt(0) ? 1 : -1;
            for (int c = from.charAt(0); c != to.charAt(0) + step && letters.size() <= 64; c += step) {
                letters.add(List.of(new Word.Text(Character.toString(c), true)));
            }
            return letters;
        }
        if (!isNumber(from) || !isNumber(to) || from.length() > 6 || to.length() > 6) {
            return to.matches("-?[0-9]+\\.\\.-?[0-9]+") || (isNumber(from) && isNumber(to)) ? anyNumber(text) : null;
        }
        int first = Integer.parseInt(from);
        int last = Integer.parseInt(to);
        if (Math.abs(last - first) > 64 || (from.startsWith("0") && from.length() > 1)) {
            return anyNumber(text);
        }
        List<List<Part>> numbers = new ArrayList<>();
        for (int n = first; first <= last ? n <= last : n >= last; n += first <= last ? 1 : -1) {
            numbers.add(List.of(new Word.Text(String.valueOf(n), true)));
        }
        return numbers;
    }

    private static List<List<Part>> anyNumber(String text) {
        return List.of(List.of(new Word.Wild("{" + text + "}")));
    }

    private static boolean isNumber(String text) {
        return text.matches("-?[0-9]+");
    }
}
