package mirror.vault.embed;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.LongBuffer;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

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

    private static final long STACK = 8 << 20;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    private final OrtSession session;
    private final WordPiece words;
    private final ExecutorService threads;

    private Embedder(byte[] model, WordPiece words, ExecutorService threads) throws OrtException {
        this.words = words;
        this.threads = threads;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            this.session = environment.createSession(model, options);
        }
    }

    /** Loads the model; a third of a second and some 100 MB. */
    public static Embedder load() throws IOException {
        // The library needs more of a stack than the daemon's threads have, and ends the process where there is none.
        ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform()
                .daemon()
                .name("embedder-", 0)
                .stackSize(STACK)
                .factory());
        try (InputStream model = resource("/all-minilm-l6-v2-q.onnx");
                InputStream tokenizer = resource("/all-minilm-l6-v2-q-tokenizer.json")) {
            byte[] bytes = model.readAllBytes();
            WordPiece words = WordPiece.read(tokenizer);
            return in(threads, () -> new Embedder(bytes, words, threads));
        } catch (IOException | RuntimeException e) {
            threads.shutdown();
            throw e;
        }
    }

    private static <T> T in(ExecutorService threads, Callable<T> work) throws IOException {
        try {
            return threads.submit(work).get();
        } catch (ExecutionException e) {
            throw new IOException("the embedding model cannot run here: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the embedding model ran");
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
        return in(threads, () -> run(ids));
    }

    private byte[] run(int[] ids) throws OrtException {
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
            if (result.get(0).getValue() instanceof float[][][] states) {
                return quantized(mean(states[0]));
            }
            throw new IllegalStateException("the embedding model gave something else than states of its pieces");
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
        in(threads, () -> {
            session.close();
            return true;
        });
        threads.shutdown();
    }
}
