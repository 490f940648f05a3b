package mirror.tiers.llama;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.tiers.llama.LlamaException.Kind;

/**
 * What the head of a GGUF file says, versions 2 and 3, little-endian. llama.cpp ends the process on some of what a damaged file can
 * hold, so everything that its loader takes for granted is looked at here first: sizes, types, counts that must agree, and that the
 * file is as long as its tensors. The weights themselves are not read. Immutable.
 *
 * @param architecture such as {@code llama} or {@code qwen2}
 * @param trained how many tokens the model was trained to see; 0 when the file does not say
 * @param template the chat template; empty when there is none
 * @param vocabulary how many tokens there are
 * @param tensorBytes of all weights
 * @param perToken bytes that each token of the context takes, in 16 bits a number
 * @param widest the most numbers that one step computes for one token
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>
 */
record GgufFile(
        String architecture,
        long trained,
        String template,
        int vocabulary,
        long tensorBytes,
        long perToken,
        long widest) {
    private static final int MAGIC = 0x46554747;
    private static final int MOST_KEYS = 4_096;
    private static final int MOST_TENSORS = 65_536;
    private static final int MOST_ITEMS = 4_000_000;
    private static final int LONGEST_NAME = 63;
    private static final int LONGEST_TEXT = 4 * 1024 * 1024;

    // What the bundled llama.cpp has arrays for.
    private static final int MOST_LAYERS = 512;
    private static final int MOST_EXPERTS = 256;

    private static final int TYPE_BOOL = 7;
    private static final int TYPE_TEXT = 8;
    private static final int TYPE_ARRAY = 9;
    private static final int TYPE_INT = 5;
    private static final int TYPE_FLOAT = 6;

    /** Bytes of the scalar types, by number; 0 for text and arrays. */
    private static final int[] SCALARS = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    /** Of each type of weights: its number, how many of them make a block, and how many bytes that has (ggml.h). */
    private static final int[][] WEIGHTS = {
        {0, 1, 4},
        {1, 1, 2},
        {2, 32, 18},
        {3, 32, 20},
        {6, 32, 22},
        {7, 32, 24},
        {8, 32, 34},
        {9, 32, 36},
        {10, 256, 84},
        {11, 256, 110},
        {12, 256, 144},
        {13, 256, 176},
        {14, 256, 210},
        {15, 256, 292},
        {16, 256, 66},
        {17, 256, 74},
        {18, 256, 98},
        {19, 256, 50},
        {20, 32, 18},
        {21, 256, 110},
        {22, 256, 82},
        {23, 256, 136},
        {29, 256, 56},
        {30, 1, 2},
        {34, 256, 54},
        {35, 256, 66}
    };

    private static final Pattern BYTE = Pattern.compile("<0x([0-9A-F]{2})>");

    /** @throws LlamaException with why the file cannot be used, in one sentence */
    static GgufFile read(Path file) throws LlamaException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return new Reader(in, Files.size(file)).read();
        } catch (EOFException e) {
            throw wrong("it ends within its head");
        } catch (IOException e) {
            throw new LlamaException(Kind.MODEL, "the file cannot be read");
        } catch (ArithmeticException e) {
            throw wrong("its sizes are too large");
        }
    }

    private static LlamaException wrong(String why) {
        return new LlamaException(Kind.MODEL, "the file is no GGUF that can be used: " + why);
    }

    /** An array, of which only what is needed is kept. */
    private record Items(int type, long count) {}

    private record Tensor(long[] dimensions, int type, long offset) {}

    /** Reads the head from its first byte on. Used once. */
    private static final class Reader {
        private final InputStream in;
        private final long length;
        private long at;
        private final Map<String, Object> keys = new HashMap<>();
        private final Map<String, Tensor> tensors = new LinkedHashMap<>();
        private final BitSet bytes = new BitSet(256);

        Reader(InputStream in, long length) {
            this.in = in;
            this.length = length;
        }

        GgufFile read() throws IOException, LlamaException {
            if (length < 24 || number(4) != MAGIC) {
                throw wrong("it does not begin as one");
            }
            long version = number(4);
            if (version != 2 && version != 3) {
                throw wrong("its version is " + version + ", and 2 and 3 are known");
            }
            long tensorCount = count(MOST_TENSORS, "tensors");
            long keyCount = count(MOST_KEYS, "keys");
            for (long i = 0; i < keyCount; i++) {
                String key = text(65_535);
                if (keys.put(key, value(key)) != null) {
                    throw wrong("it has a key twice");
                }
            }
            for (long i = 0; i < tensorCount; i++) {
                String name = text(LONGEST_NAME);
                if (tensors.put(name, tensor()) != null) {
                    throw wrong("it has a tensor twice");
                }
            }
            return judged(weights());
        }

        private long count(int most, String what) throws IOException, LlamaException {
            long count = number(8);
            if (count < 0 || count > most) {
                throw wrong("it says that it has " + Long.toUnsignedString(count) + " " + what);
            }
            return count;
        }

        // ---- the parts

        private Object value(String key) throws IOException, LlamaException {
            int type = (int) number(4);
            if (type == TYPE_TEXT) {
                return text(LONGEST_TEXT);
            }
            if (type != TYPE_ARRAY) {
                long bits = number(scalar(type));
                if (type == TYPE_BOOL && bits != 0 && bits != 1) {
                    throw wrong("a yes or no in it is neither");
                }
                return type == TYPE_BOOL
                        ? (Object) (bits == 1)
                        : type == TYPE_FLOAT ? (Object) real(bits) : (Object) bits;
            }
            int items = (int) number(4);
            long count = count(MOST_ITEMS, "items in a list");
            if (items == TYPE_TEXT && key.equals("tokenizer.ggml.tokens")) {
                tokens(count);
            } else if (items == TYPE_TEXT) {
                for (long i = 0; i < count; i++) {
                    skipText();
                }
            } else if (key.equals("tokenizer.ggml.scores") && items == TYPE_FLOAT) {
                for (long i = 0; i < count; i++) {
                    real(number(4));
                }
            } else {
                skip(Math.multiplyExact(count, scalar(items)));
            }
            return new Items(items, count);
        }

        /** No two may be alike, but those that are empty, to which llama.cpp gives names. */
        private void tokens(long count) throws IOException, LlamaException {
            Set<String> seen = new HashSet<>();
            for (long i = 0; i < count; i++) {
                String token = text(LONGEST_TEXT, StandardCharsets.ISO_8859_1);
                if (!token.isEmpty() && !seen.add(token)) {
                    throw wrong("its vocabulary has a token twice");
                }
                Matcher single = BYTE.matcher(token);
                if (single.matches()) {
                    bytes.set(Integer.parseInt(single.group(1), 16));
                }
            }
        }

        private static double real(long bits) throws LlamaException {
            float real = Float.intBitsToFloat((int) bits);
            if (!Float.isFinite(real)) {
                throw wrong("a number in it is none");
            }
            return real;
        }

        private static int scalar(int type) throws LlamaException {
            if (type < 0 || type >= SCALARS.length || SCALARS[type] == 0) {
                throw wrong("it has a value of the unknown type " + type);
            }
            return SCALARS[type];
        }

        private Tensor tensor() throws IOException, LlamaException {
            long dimensions = number(4);
            if (dimensions < 1 || dimensions > 4) {
                throw wrong("a tensor has " + dimensions + " dimensions");
            }
            long[] sizes = {1, 1, 1, 1};
            for (int i = 0; i < dimensions; i++) {
                sizes[i] = number(8);
                if (sizes[i] < 1) {
                    throw wrong("a tensor has a size below 1");
                }
            }
            int type = (int) number(4);
            long offset = number(8);
            return new Tensor(sizes, type, offset);
        }

        /** Looks whether they lie one behind the other, each at a multiple of the alignment, and within the file. */
        private long weights() throws LlamaException {
            long alignment = keys.containsKey("general.alignment") ? whole("general.alignment", 1, 1 << 16) : 32;
            if (Long.bitCount(alignment) != 1) {
                throw wrong("its alignment is no power of two");
            }
            long start = Math.ceilDiv(at, alignment) * alignment;
            long end = 0;
            for (Tensor tensor : tensors.values()) {
                int[] form = null;
                for (int[] each : WEIGHTS) {
                    form = each[0] == tensor.type ? each : form;
                }
                if (form == null) {
                    throw wrong("it has weights of the unknown type " + tensor.type);
                }
                if (tensor.dimensions[0] % form[1] != 0) {
                    throw wrong("a row of weights ends within a block");
                }
                long size = tensor.dimensions[0] / form[1];
                for (int i = 1; i < 4; i++) {
                    size = Math.multiplyExact(size, tensor.dimensions[i]);
                }
                size = Math.multiplyExact(size, form[2]);
                if (tensor.offset != end) {
                    throw wrong("its weights do not lie one behind the other");
                }
                if (Math.addExact(Math.addExact(start, end), size) > length) {
                    throw wrong("it is shorter than its weights");
                }
                end = Math.multiplyExact(Math.ceilDiv(Math.addExact(end, size), alignment), alignment);
            }
            return end;
        }

        // ---- what must agree

        private GgufFile judged(long tensorBytes) throws LlamaException {
            if (keys.containsKey("split.count") && whole("split.count", 0, 65_535) > 1) {
                throw wrong("it is one part of several; join them with 'llama-gguf-split --merge'");
            }
            String name = string("general.architecture");
            if (!name.matches("[a-z0-9][a-z0-9._-]{0,31}")) {
                throw wrong("it does not name an architecture");
            }
            String at = name + ".";
            long layers = whole(at + "block_count", 1, MOST_LAYERS);
            long width = whole(at + "embedding_length", 1, 1 << 20);
            long heads = whole(at + "attention.head_count", 1, 65_536);
            long shared = most(at + "attention.head_count_kv", heads, 65_536);
            long head = width / heads;
            if ((!keys.containsKey(at + "attention.key_length") && width % heads != 0) || heads % shared != 0) {
                throw wrong("its heads do not share its width evenly");
            }
            long keyLength = most(at + "attention.key_length", head, 1 << 16);
            long valueLength = most(at + "attention.value_length", head, 1 << 16);
            if (keyLength % 2 != 0 || most(at + "rope.dimension_count", keyLength, 1 << 16) > keyLength) {
                throw wrong("its heads have an impossible size");
            }
            long experts = keys.containsKey(at + "expert_count") ? whole(at + "expert_count", 0, MOST_EXPERTS) : 0;
            if (experts > 0) {
                whole(at + "expert_used_count", 1, (int) experts);
            }
            int vocabulary = vocabulary();
            Tensor embedding = tensors.get("token_embd.weight");
            if (embedding == null || embedding.dimensions[0] != width || embedding.dimensions[1] != vocabulary) {
                throw wrong("its vocabulary and its weights do not fit each other");
            }
            long forward = most(at + "feed_forward_length", 4 * width, 1 << 22);
            return new GgufFile(
                    name,
                    keys.containsKey(at + "context_length") ? whole(at + "context_length", 1, Integer.MAX_VALUE) : 0,
                    keys.containsKey("tokenizer.chat_template") ? string("tokenizer.chat_template") : "",
                    vocabulary,
                    tensorBytes,
                    2 * layers * shared * (keyLength + valueLength),
                    Math.max(vocabulary, 6 * width + 3 * forward));
        }

        private int vocabulary() throws LlamaException {
            String model = string("tokenizer.ggml.model");
            if (!model.equals("llama") && !model.equals("gpt2")) {
                throw wrong("its vocabulary is of another kind than llama and gpt2");
            }
            long count = items("tokenizer.ggml.tokens", TYPE_TEXT);
            if (count < 1) {
                throw wrong("its vocabulary is empty");
            }
            boolean agree = true;
            if (keys.containsKey("tokenizer.ggml.scores")) {
                agree &= items("tokenizer.ggml.scores", TYPE_FLOAT) == count;
            }
            if (keys.containsKey("tokenizer.ggml.token_type")) {
                agree &= items("tokenizer.ggml.token_type", TYPE_INT) == count;
            }
            if (model.equals("llama") && bytes.cardinality() < 256) {
                throw wrong("its vocabulary lacks bytes, so that not every text could be written in it");
            }
            if (keys.containsKey("tokenizer.ggml.merges") || model.equals("gpt2")) {
                items("tokenizer.ggml.merges", TYPE_TEXT);
            }
            for (String key : keys.keySet()) {
                if (key.startsWith("tokenizer.ggml.") && key.endsWith("_token_id")) {
                    agree &= whole(key, 0, Integer.MAX_VALUE) < count;
                }
            }
            if (!agree) {
                throw wrong("the parts of its vocabulary do not agree");
            }
            return (int) count;
        }

        private long items(String key, int type) throws LlamaException {
            if (keys.get(key) instanceof Items list && list.type == type) {
                return list.count;
            }
            throw wrong(key + " is missing or of another kind");
        }

        private String string(String key) throws LlamaException {
            if (keys.get(key) instanceof String text) {
                return text;
            }
            throw wrong(key + " is missing or of another kind");
        }

        private long whole(String key, int least, int most) throws LlamaException {
            if (keys.get(key) instanceof Long number && number >= least && number <= most) {
                return number;
            }
            throw wrong(key + " is missing or impossible");
        }

        /** A number that may be left out. */
        private long most(String key, long otherwise, int most) throws LlamaException {
            return keys.containsKey(key) ? whole(key, 1, most) : otherwise;
        }

        // ---- bytes

        /** Little-endian; of 8 bytes as they are, of fewer without a sign. */
        private long number(int size) throws IOException {
            long number = 0;
            for (int i = 0; i < size; i++) {
                int next = in.read();
                if (next < 0) {
                    throw new EOFException();
                }
                number |= (long) next << (8 * i);
            }
            at += size;
            return number;
        }

        private long textSize(int longest) throws IOException, LlamaException {
            long size = number(8);
            if (size < 0 || size > longest || size > length - at) {
                throw wrong("a text in it is longer than it can be");
            }
            return size;
        }

        private void skipText() throws IOException, LlamaException {
            skip(textSize(LONGEST_TEXT));
        }

        private String text(int longest) throws IOException, LlamaException {
            return text(longest, StandardCharsets.UTF_8);
        }

        private String text(int longest, Charset charset) throws IOException, LlamaException {
            long size = textSize(longest);
            byte[] text = in.readNBytes((int) size);
            if (text.length < size) {
                throw new EOFException();
            }
            at += size;
            return new String(text, charset);
        }

        private void skip(long size) throws IOException {
            in.skipNBytes(size);
            at += size;
        }
    }
}
