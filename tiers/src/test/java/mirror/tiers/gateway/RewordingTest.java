package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import mirror.tiers.Choosing;
import mirror.vault.embed.Embedder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as the same question in other words, by the words and by the model that ships with Mirror. */
final class RewordingTest {
    @SuppressWarnings("NullAway.Init")
    private static Embedder model;

    @BeforeAll
    static void load() throws IOException {
        model = Embedder.load();
    }

    @AfterAll
    static void close() throws IOException {
        model.close();
    }

    private static double likeness(String one, String other) throws IOException {
        return Likeness.cosine(
                model.embed(model.chunker().question(one)),
                model.embed(model.chunker().question(other)));
    }

    private static boolean isSame(String one, String other) throws IOException {
        return Rewording.of(one).orElseThrow().mayBe(Rewording.of(other).orElseThrow())
                && likeness(one, other) >= Choosing.LEAST_SIMILAR;
    }

    /** Questions that are near for a model and are not the same; each pair was chosen to fool a distance between vectors. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    I can log in to the server, what next? | I cannot log in to the server, what next?
                    How do I enable the firewall on Debian? | How do I disable the firewall on Debian?
                    Is it safe to delete the log folder? | Is it unsafe to delete the log folder?
                    How much is 15 percent of 300 euros? | How much is 50 percent of 300 euros?
                    How do I convert dollars to euros? | How do I convert euros to dollars?
                    Who wrote the novel before the war? | Who wrote the novel after the war?
                    What is the capital of France? | What is the capital of Germany?
                    Should I take aspirin with milk? | Should I not take aspirin with milk?
                    How do I undo the last commit? | How do I redo the last commit?
                    Which countries joined the union? | Which countries left the union?
                    Did the dog bite the man? | Did the man bite the dog?
                    How do I encrypt a file with a password? | How do I decrypt a file with a password?
                    When does the shop open on Monday? | When does the shop close on Monday?
                    When does the shop open on Monday? | When does the shop open on Tuesday?
                    Why does the server start so slowly? | How does the server start so slowly?
                    List all users without a password | List all users with a password
                    What are symptoms of type A influenza? | What are symptoms of type B influenza?
                    How do I install version 17 of Java? | How do I install version 21 of Java?
                    How do I push a branch to the remote? | How do I pull a branch to the remote?
                    Is the first answer better than the second? | Is the second answer better than the first?
                    How do I mount a disk as root? | How do I unmount a disk as root?
                    Can cats eat raw chicken? | Can dogs eat raw chicken?
                    How do I allow port 22 in the firewall? | How do I block port 22 in the firewall?
                    What did the president say yesterday? | What did the president say today?
                    What is the maximum size of a row? | What is the minimum size of a row?
                    How tall is the north tower? | How tall is the south tower?
                    Must I report this income? | May I report this income?
                    How do I export my contacts? | How do I import my contacts?
                    Which drugs increase blood pressure? | Which drugs decrease blood pressure?
                    Is there a train from Berlin to Paris? | Is there a train from Paris to Berlin?
                    How do I revert a merge in git? | How do I abort a merge in git?
                    """)
    void whatOneWordTurnsIsAnotherQuestion(String one, String other) throws IOException {
        assertThat(isSame(one, other)).as("likeness %.3f", likeness(one, other)).isFalse();
        assertThat(isSame(other, one)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    How do I restart the web server on Debian? | Please tell me how I can restart the web server on Debian.
                    What is the boiling point of ethanol? | Please give me the boiling point of ethanol
                    Explain the theory of plate tectonics. | Can you explain the theory of plate tectonics?
                    What are the side effects of caffeine? | Tell me the side effects of caffeine, please
                    How do I sharpen a kitchen knife? | How can I sharpen a kitchen knife?
                    """)
    void politenessAndLittleWordsMakeNoOtherQuestion(String one, String other) throws IOException {
        assertThat(isSame(one, other)).as("likeness %.3f", likeness(one, other)).isTrue();
        assertThat(isSame(other, one)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "short text",
                "What does this do: x = y[0]",
                "Translate 'the cat' into German for me",
                "Wie starte ich den Webserver unter Debian \u00fcber SSH neu?",
                "Summarise the following\nThe cat sat on the mat",
                "Run `rm -rf` in my home folder please",
            })
    void whatIsNoPlainSentenceIsNeverCompared(String text) {
        assertThat(Rewording.of(text)).isEmpty();
    }

    @Test
    void moreThanOneOtherWordIsAnotherQuestionHoweverNearItIs() {
        Rewording one = Rewording.of("How do I sharpen a kitchen knife?").orElseThrow();
        assertThat(one.mayBe(Rewording.of("How do I whet a kitchen knife?").orElseThrow()))
                .isTrue();
        assertThat(one.mayBe(Rewording.of("How do I whet a kitchen blade?").orElseThrow()))
                .isFalse();
        assertThat(one.marks()).isEqualTo(List.of("how"));
    }
}
