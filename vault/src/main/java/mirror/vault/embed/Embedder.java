package mirror.vault.embed;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.util.Map;

/**
 * The sentence model that ships with Mirror, all-MiniLM-L6-v2 with weights of eight bits, run in this process. One text at a time: the
 * model scales its numbers by what it is given together, so only alone has a text always the same vector. Thread-safe.
 *
 * @see <a href="https://arxiv.org/abs/2002.10957">Wang et al., MiniLM (2020)</a>
 */
public final class Embedder implements Closeable {
    /** Of a vector. */
    public static final int DIMENSIONS = 384;

    /** Changes whenever the same pieces would give another vector. */
    public static final String MODEL = "all-minilm-l6-v2-q/1";

    /** No component of a text's vector of length one is larger in practice; a larger one is cut. */
    private static final float LARGEST = 0.3f;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    private final OrtSession session;
    private final WordPiece words;

    private Embedder(byte[] model, WordPiece words) throws OrtException {
        this.words = words;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            this.session = environment.createSession(model, options);
        }
    }

    /** Loads the model; a third of a second and some 100 MB. */
    public static Embedder load() throws IOException {
        try (InputStream model = resource("/all-minilm-l6-v2-q.onnx");
                InputStream tokenizer = resource("/all-minilm-l6-v2-q-tokenizer.json")) {
            return new Embedder(model.readAllBytes(), WordPiece.read(tokenizer));
        } catch (OrtException | LinkageError e) {
            throw new IOException("the embedding model cannot run here: " + e.getMessage(), e);
        }
    }

    private static InputStream resource(String name) throws IOException {
        InputStream found = Embedder.class.getResourceAsStream(name);
        if (found == null) {
            throw new IOException("the embedding model " + name + " is not part of this build");
        }
        return found;
    }

    /** What takes texts apart for this model. */
    public Chunker chunker() {
        return new Chunker(words);
    }

    /**
     * The vector of some pieces, of length one, each component from -0.3 to 0.3 as -127 to 127.
     *
     * @param ids of at most {@link Chunker#MOST} pieces, with the marks of start and end
     */
    public byte[] embed(int[] ids) throws IOException {
        if (ids.length > Chunker.MOST) {
            throw new IllegalArgumentException(ids.length + " pieces are more than the model reads");
        }
        long[] shape = {1, ids.length};
        long[] input = new long[ids.length];
        long[] attended = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            input[i] = ids[i];
            attended[i] = 1;
        }
        try (OnnxTensor tokens = OnnxTensor.createTensor(environment, LongBuffer.wrap(input), shape);
                OnnxTensor mask = OnnxTensor.createTensor(environment, LongBuffer.wrap(attended), shape);
                OnnxTensor types = OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape);
                OrtSession.Result result =
                        session.run(Map.of("input_ids", tokens, "attention_mask", mask, "token_type_ids", types))) {
            return result.get(0).getValue() instanceof float[][][] states ? quantized(mean(states[0])) : new byte[0];
        } catch (OrtException e) {
            throw new IOException("the embedding model failed: " + e.getMessage(), e);
        }
    }

    private static float[] mean(float[][] states) {
        float[] sum = new float[DIMENSIONS];
        for (float[] state : states) {
            for (int i = 0; i < DIMENSIONS; i++) {
                sum[i] += state[i];
            }
        }
        return sum;
    }

    private static byte[] quantized(float[] vector) {
        double square = 0;
        for (float each : vector) {
            square += each * each;
        }
        double scale = 127 / (LARGEST * Math.sqrt(Math.max(square, 1e-12)));
        byte[] bytes = new byte[DIMENSIONS];
        for (int i = 0; i < DIMENSIONS; i++) {
            bytes[i] = (byte) Math.clamp(Math.round(vector[i] * scale), -127, 127);
        }
        return bytes;
    }

    /** The cosine of the angle between two texts: 1 for the same, about 0 for texts that have nothing to do with each other. */
    public static double cosine(byte[] one, byte[] other) {
        int product = 0;
        for (int i = 0; i < DIMENSIONS; i++) {
            product += one[i] * other[i];
        }
        return cosineOf(product);
    }

    /** @param product of the components of two vectors, summed */
    public static double cosineOf(double product) {
        return product * LARGEST * LARGEST / (127.0 * 127.0);
    }

    @Override
    public void close() throws IOException {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IOException(e);
        }
    }
}
