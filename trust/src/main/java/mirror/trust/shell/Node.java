package mirror.trust.shell;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The syntax tree of a command line, as POSIX XCU 2.9 and the bash manual name its parts. Holds text only, no meaning. */
sealed interface Node {
    /** {@code a; b & c}. */
    record Script(List<Item> items) implements Node {}

    record Item(Node node, boolean background) {}

    /** {@code NAME=value command word > file}. */
    record Simple(List<Assignment> assignments, List<Word> words, List<Redirect> redirects) implements Node {}

    record Assignment(String name, boolean indexed, boolean append, Word value) {}

    record Pipeline(List<Node> stages) implements Node {}

    /** {@code a && b || c}, kept flat: both operators have the same rank. */
    record AndOr(Node first, List<Link> rest) implements Node {}

    record Link(boolean and, Node node) {}

    record Subshell(Node body) implements Node {}

    record Group(Node body) implements Node {}

    record If(List<Branch> branches, @Nullable Node otherwise) implements Node {}

    record Branch(Node condition, Node body) {}

    /** {@code while} and {@code until}. */
    record Loop(Node condition, Node body) implements Node {}

    /** {@code for} and {@code select}; without a word list it walks the positional parameters. */
    record For(String name, @Nullable List<Word> words, Node body) implements Node {}

    /** {@code for ((…))}. */
    record ForArithmetic(Word clauses, Node body) implements Node {}

    record Case(Word subject, List<Arm> arms) implements Node {}

    record Arm(List<Word> patterns, Node body) {}

    record Function(String name, Node body) implements Node {}

    /** {@code [[ … ]]}. */
    record Test(List<Word> words) implements Node {}

    /** {@code (( … ))}. */
    record Arithmetic(Word expression) implements Node {}

    /** A compound command with redirections of its own. */
    record Redirected(Node node, List<Redirect> redirects) implements Node {}

    /**
     * One redirection.
     *
     * @param descriptor the number before the operator, or -1
     * @param operator such as {@code >}, {@code &>>}, {@code <<}
     * @param target the file, descriptor or here-string; the delimiter of a here-document
     */
    record Redirect(
            int descriptor,
            String operator,
            Word target,
            @Nullable Heredoc heredoc) {}

    /** The body of a here-document, which the parser meets only after the line that asks for it. */
    final class Heredoc {
        final String delimiter;
        final boolean stripTabs;
        final boolean literal;
        Word body = new Word(List.of());

        Heredoc(String delimiter, boolean stripTabs, boolean literal) {
            this.delimiter = delimiter;
            this.stripTabs = stripTabs;
            this.literal = literal;
        }
    }
}
