package mirror.tiers.llama;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes a model of the architecture llama that is small enough for a test and real enough for llama.cpp: two layers of width 64, a
 * vocabulary of all bytes, letters and some words, seeded weights, and ChatML as its template. It talks nonsense, the same each time. What
 * is drawn is mostly letters: the first number of the residual stream is large and alike for all tokens, so that the output's weights of it
 * are a bias.
 */
public final class TinyGguf {
    public static final int TRAINED = 1_024;
    static final int WIDTH = 64;
    static final int HEADS = 4;
    static final int SHARED = 2;
    static final int FORWARD = 128;
    static final int LAYERS = 2;

    static final int END = 2;
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;

    /** Of ChatML, as llama.cpp knows it. */
    static final String CHATML =
            "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
                    + " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{'<|im_start|>assistant\\n'}}{% endif %}";

    /** By name, in their order; values are texts, numbers, booleans and lists of one of these. */
    final Map<String, Object> keys = new LinkedHashMap<>();

    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final Random random;

    /** How likely the reply is to end with each token; letters have 0. */
    private float end = -1;

    private boolean broken;

    public TinyGguf(long seed) {
        random = new Random(seed);
        add("<unk>", UNKNOWN);
        add("<s>", CONTROL);
        add("</s>", CONTROL);
        for (int i = 0; i < 256; i++) {
            add("<0x%02X>".formatted(i), BYTE);
        }
        for (String word :
                ("\u2581 \n . , a b c d e f g h i j k l m n o p q r s t u v w x y z \u00e4 \u00df \u20ac th he in er the"
                                + " \u2581t \u2581th \u2581the \u2581a \u2581s \u2581sea \u2581o \u2581of ea se of")
                        .split(" ", -1)) {
            add(word, NORMAL);
        }
        add("<|im_start|>", CONTROL);
        add("<|im_end|>", CONTROL);
        keys.put("general.architecture", "llama");
        keys.put("general.name", "tiny");
        keys.put("llama.block_count", LAYERS);
        keys.put("llama.context_length", TRAINED);
        keys.put("llama.embedding_length", WIDTH);
        keys.put("llama.feed_forward_length", FORWARD);
        keys.put("llama.attention.head_count", HEADS);
        keys.put("llama.attention.head_count_kv", SHARED);
        keys.put("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        keys.put("llama.rope.dimension_count", WIDTH / HEADS);
        keys.put("tokenizer.ggml.model", "llama");
        keys.put("tokenizer.ggml.tokens", tokens);
        keys.put("tokenizer.ggml.scores", scores());
        keys.put("tokenizer.ggml.token_type", types);
        keys.put("tokenizer.ggml.bos_token_id", 1);
        keys.put("tokenizer.ggml.eos_token_id", END);
        keys.put("tokenizer.ggml.unknown_token_id", 0);
        keys.put("tokenizer.ggml.add_bos_token", true);
        keys.put("tokenizer.ggml.add_space_prefix", false);
        keys.put("tokenizer.chat_template", CHATML);
    }

    /** Makes it end its replies soon. */
    public TinyGguf ending() {
        end = 0.5f;
        return this;
    }

    /** Makes it compute what is no number. */
    TinyGguf broken() {
        broken = true;
        return this;
    }

    /** Which llama.cpp answers with the end of the process. */
    TinyGguf withOneTokenTwice() {
        tokens.set(tokens.size() - 1, tokens.getFirst());
        return this;
    }

    TinyGguf with(String key, Object value) {
        keys.put(key, value);
        return this;
    }

    TinyGguf without(String key) {
        keys.remove(key);
        return this;
    }

    private void add(String token, int type) {
        tokens.add(token);
        types.add(type);
    }

    /** Longer words win. */
    private List<Float> scores() {
        List<Float> scores = new ArrayList<>();
        for (String token : tokens) {
            scores.add((float) token.length());
        }
        return scores;
    }

    public Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }

    byte[] bytes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("token_embd.weight", new long[] {WIDTH, tokens.size()});
        for (int i = 0; i < LAYERS; i++) {
            String at = "blk." + i + ".";
            long kv = (long) WIDTH / HEADS * SHARED;
            shapes.put(at + "attn_norm.weight", new long[] {WIDTH});
            shapes.put(at + "attn_q.weight", new long[] {WIDTH, WIDTH});
            shapes.put(at + "attn_k.weight", new long[] {WIDTH, kv});
            shapes.put(at + "attn_v.weight", new long[] {WIDTH, kv});
            shapes.put(at + "attn_output.weight", new long[] {WIDTH, WIDTH});
            shapes.put(at + "ffn_norm.weight", new long[] {WIDTH});
            shapes.put(at + "ffn_gate.weight", new long[] {WIDTH, FORWARD});
            shapes.put(at + "ffn_up.weight", new long[] {WIDTH, FORWARD});
            shapes.put(at + "ffn_down.weight", new long[] {FORWARD, WIDTH});
        }
        shapes.put("output_norm.weight", new long[] {WIDTH});
        shapes.put("output.weight", new long[] {WIDTH, tokens.size()});
        Bytes out = new Bytes();
        out.bytes("GGUF".getBytes(StandardCharsets.US_ASCII))
                .i32(3)
                .i64(shapes.size())
                .i64(keys.size());
        keys.forEach((key, value) -> out.text(key).value(value));
        Bytes weights = new Bytes();
        shapes.forEach((name, shape) -> {
            out.text(name).i32(shape.length);
            for (long size : shape) {
                out.i64(size);
            }
            out.i32(0).i64(weights.size());
            weights(weights, name, shape);
            weights.align();
        });
        out.align();
        return out.bytes(weights.toByteArray()).toByteArray();
    }

    private void weights(Bytes to, String name, long[] shape) {
        long rows = shape.length == 1 ? 1 : shape[1];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < shape[0]; column++) {
                float value = (float) random.nextGaussian();
                if (broken) {
                    value = Float.NaN;
                } else if (shape.length == 1) {
                    value = 1;
                } else if (name.equals("token_embd.weight")) {
                    value = column == 0 ? 12 : value;
                } else if (name.equals("output.weight")) {
                    value = column == 0 ? bias(row) : value * 0.4f;
                } else {
                    value *= 0.15f;
                }
                to.f32(value);
            }
        }
    }

    private float bias(int token) {
        return token == END ? end : types.get(token) == NORMAL ? 0 : types.get(token) == BYTE ? -1 : -1.5f;
    }

    /** Little-endian. */
    private static final class Bytes extends ByteArrayOutputStream {
        Bytes bytes(byte[] bytes) {
            writeBytes(bytes);
            return this;
        }

        Bytes i32(int value) {
            return bytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(value)
                    .array());
        }

        Bytes i64(long value) {
            return bytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array());
        }

        Bytes f32(float value) {
            return i32(Float.floatToRawIntBits(value));
        }

        Bytes text(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            return i64(utf8.length).bytes(utf8);
        }

        Bytes align() {
            while (size() % 32 != 0) {
                write(0);
            }
            return this;
        }

        void value(Object value) {
            i32(type(value));
            plain(value);
        }

        private void plain(Object value) {
            switch (value) {
                case Integer number -> i32(number);
                case Float number -> f32(number);
                case Boolean flag -> write(flag ? 1 : 0);
                case String text -> text(text);
                case List<?> list -> {
                    int item = type(list.getFirst());
                    // Kinds of tokens are signed.
                    i32(item == 4 ? 5 : item).i64(list.size());
                    list.forEach(this::plain);
                }
                default -> throw new IllegalArgumentException(value.toString());
            }
        }

        private static int type(Object value) {
            return switch (value) {
                case Integer _ -> 4;
                case Float _ -> 6;
                case Boolean _ -> 7;
                case String _ -> 8;
                case List<?> _ -> 9;
                default -> throw new IllegalArgumentException(value.toString());
            };
        }
    }
}
