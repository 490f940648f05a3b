package mirror.vault;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.KeywordAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/**
 * Each word as it stands and, in the same place, its stem where that is another. Does what Lucene's filters for repeated keywords and
 * removed duplicates do together, without copying all of a word's attributes for each of them, which was a part of the time of
 * indexing.
 */
final class WordAndStem extends TokenFilter {
    private final Repeat repeat;
    private final CharTermAttribute term = addAttribute(CharTermAttribute.class);

    private WordAndStem(TokenStream stemmed, Repeat repeat) {
        super(stemmed);
        this.repeat = repeat;
    }

    /** @param stem a Lucene stemmer, which leaves keywords as they are */
    static TokenStream of(TokenStream words, UnaryOperator<TokenStream> stem) {
        Repeat repeat = new Repeat(words);
        return new WordAndStem(stem.apply(repeat), repeat);
    }

    @Override
    public boolean incrementToken() throws IOException {
        while (input.incrementToken()) {
            if (!repeat.isStem || !repeat.isWord(term)) {
                return true;
            }
        }
        return false;
    }

    /** Gives every word twice: as a keyword and to be stemmed. */
    private static final class Repeat extends TokenFilter {
        private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
        private final KeywordAttribute keyword = addAttribute(KeywordAttribute.class);
        private final PositionIncrementAttribute position = addAttribute(PositionIncrementAttribute.class);
        private char[] word = new char[32];
        private int length;
        private boolean isStem = true;

        Repeat(TokenStream words) {
            super(words);
        }

        @Override
        public boolean incrementToken() throws IOException {
            if (!isStem) {
                isStem = true;
                term.copyBuffer(word, 0, length);
                position.setPositionIncrement(0);
                keyword.setKeyword(false);
                return true;
            }
            if (!input.incrementToken()) {
                return false;
            }
            isStem = false;
            length = term.length();
            if (word.length < length) {
                word = new char[length * 2];
            }
            System.arraycopy(term.buffer(), 0, word, 0, length);
            keyword.setKeyword(true);
            return true;
        }

        boolean isWord(CharTermAttribute other) {
            return Arrays.equals(word, 0, length, other.buffer(), 0, other.length());
        }

        @Override
        public void reset() throws IOException {
            super.reset();
            isStem = true;
        }
    }
}
