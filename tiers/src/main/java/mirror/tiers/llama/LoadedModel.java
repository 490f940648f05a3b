package mirror.tiers.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import mirror.tiers.Gguf;
import mirror.tiers.dialect.LlamaAsk.Said;
import mirror.tiers.llama.LlamaException.Kind;

/**
 * A model in memory, with room for one conversation. What goes to the native functions is checked before, as they end the process where Java
 * throws. Used by one thread, also to close it.
 */
@SuppressWarnings("restricted") // Native memory is read here.
final class LoadedModel implements AutoCloseable {
    /** How many tokens are computed in one call: between two calls a generation can be ended. */
    static final int STEP = 128;

    private final LlamaLibrary llama;
    private final GgufFile file;
    private final int context;
    private final MemorySegment model;
    private final MemorySegment room;
    private final MemorySegment vocabulary;
    private int filled;

    private LlamaException fail(String what) {
        return new LlamaException(Kind.MODEL, what);
    }

    /** @throws LlamaException when llama.cpp does not take it */
    LoadedModel(LlamaLibrary llama, Gguf gguf, GgufFile file, int context) throws LlamaException {
        this.llama = llama;
        this.file = file;
        this.context = context;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = (MemorySegment) llama.modelDefaults.invoke((SegmentAllocator) arena);
            how.set(JAVA_INT, LlamaLibrary.N_GPU_LAYERS, 0);
            // A mapped file that somebody cuts short would end the process.
            how.set(JAVA_BOOLEAN, LlamaLibrary.USE_MMAP, false);
            model = (MemorySegment)
                    llama.loadModel.invoke(arena.allocateFrom(gguf.file().toString()), how);
            if (LlamaLibrary.isNull(model)) {
                throw fail("llama.cpp cannot load the file; its build " + LlamaLibrary.BUILD
                        + " may not know the architecture '" + file.architecture() + "', or the file is damaged");
            }
            MemorySegment size = (MemorySegment) llama.contextDefaults.invoke((SegmentAllocator) arena);
            int batch = Math.min(STEP, context);
            size.set(JAVA_INT, LlamaLibrary.N_CTX, context);
            size.set(JAVA_INT, LlamaLibrary.N_BATCH, batch);
            size.set(JAVA_INT, LlamaLibrary.N_UBATCH, batch);
            size.set(JAVA_INT, LlamaLibrary.N_SEQ_MAX, 1);
            size.set(JAVA_INT, LlamaLibrary.N_THREADS, gguf.threads());
            size.set(JAVA_INT, LlamaLibrary.N_THREADS_BATCH, gguf.threads());
            vocabulary = (MemorySegment) llama.vocabularyOf.invoke(model);
            boolean writes = !(boolean) llama.hasEncoder.invoke(model)
                    && (int) llama.tokens.invoke(vocabulary) == file.vocabulary();
            room = writes ? (MemorySegment) llama.newContext.invoke(model, size) : MemorySegment.NULL;
            if (LlamaLibrary.isNull(room)) {
                llama.freeModel.invoke(model);
                throw fail(writes ? "llama.cpp has no room for the context" : "the model does not write texts");
            }
        } catch (LlamaException e) {
            throw e;
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    int context() {
        return context;
    }

    // ---- text and tokens

    /**
     * The conversation in the form that the model was trained on, up to where its reply begins.
     *
     * @throws LlamaException when llama.cpp does not know the file's template
     */
    String rendered(List<Said> said) throws LlamaException {
        if (file.template().isEmpty()) {
            throw fail("the file has no chat template; without it nobody can tell the model who speaks");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment turns = arena.allocate(2 * ADDRESS.byteSize() * Math.max(1, said.size()), 8);
            int longest = 1_024;
            for (int i = 0; i < said.size(); i++) {
                MemorySegment text = arena.allocateFrom(plain(said.get(i).text()));
                turns.setAtIndex(ADDRESS, 2L * i, arena.allocateFrom(said.get(i).role()));
                turns.setAtIndex(ADDRESS, 2L * i + 1, text);
                longest = Math.addExact(longest, (int) text.byteSize() + 256);
            }
            MemorySegment form = arena.allocateFrom(plain(file.template()));
            for (int round = 0; ; round++) {
                MemorySegment text = arena.allocate(longest);
                int length = (int) llama.template.invoke(form, turns, (long) said.size(), true, text, longest);
                if (length < 0) {
                    throw fail("llama.cpp does not know the file's chat template");
                }
                if (length <= longest) {
                    return new String(text.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
                }
                if (round > 0) {
                    throw fail("llama.cpp does not say how long the conversation is");
                }
                longest = length;
            }
        } catch (LlamaException e) {
            throw e;
        } catch (ArithmeticException e) {
            throw new LlamaException(Kind.REQUEST, "the conversation is too long");
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    /** A text of C ends at its first zero. */
    private static String plain(String text) {
        return text.replace('\0', '\uFFFD');
    }

    /**
     * @param whole whether it is a whole prompt, which the model may want to begin with a token of its own
     * @param control whether words of the vocabulary that steer the model are read as such
     */
    int[] tokens(String text, boolean whole, boolean control) throws LlamaException {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = plain(text).getBytes(StandardCharsets.UTF_8);
            MemorySegment from = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(bytes, 0, from, JAVA_BYTE, 0, bytes.length);
            int most = bytes.length + 8;
            MemorySegment to = arena.allocate(JAVA_INT, most);
            int count = (int) llama.tokenize.invoke(vocabulary, from, bytes.length, to, most, whole, control);
            if (count < 0) {
                throw fail("llama.cpp makes more tokens of a text than it has bytes");
            }
            return to.asSlice(0, 4L * count).toArray(JAVA_INT);
        } catch (LlamaException e) {
            throw e;
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    /** The token that the model wants at the begin; below zero when there is none. */
    int begin() throws LlamaException {
        try {
            return (int) llama.begin.invoke(vocabulary);
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    /** The bytes of a token; none for tokens that steer. */
    byte[] bytes(int token) throws LlamaException {
        try (Arena arena = Arena.ofConfined()) {
            int room = 256;
            for (int round = 0; round < 2; round++) {
                MemorySegment to = arena.allocate(room);
                int length = (int) llama.piece.invoke(vocabulary, token, to, room, 0, false);
                if (length >= 0) {
                    return to.asSlice(0, length).toArray(JAVA_BYTE);
                }
                room = -length;
            }
            throw fail("llama.cpp does not say what a token is");
        } catch (LlamaException e) {
            throw e;
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    boolean isEnd(int token) throws LlamaException {
        try {
            return (boolean) llama.isEnd.invoke(vocabulary, token);
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    // ---- computing

    /** Forgets what was read. */
    void clear() throws LlamaException {
        try {
            llama.clear.invoke(room);
            filled = 0;
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    /** Reads more of a conversation: at most {@link #STEP} tokens, for which there must be room. */
    void read(int[] tokens) throws LlamaException {
        if (tokens.length == 0 || tokens.length > STEP || filled + tokens.length > context) {
            throw new IllegalArgumentException("no room for " + tokens.length + " tokens behind " + filled);
        }
        for (int token : tokens) {
            if (token < 0 || token >= file.vocabulary()) {
                throw fail("a token is not in the vocabulary");
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment batch = arena.allocate(LlamaLibrary.BATCH);
            batch.set(JAVA_INT, 0, tokens.length);
            batch.set(ADDRESS, 8, arena.allocateFrom(JAVA_INT, tokens));
            int result = (int) llama.decode.invoke(room, batch);
            if (result != 0) {
                throw fail("llama.cpp cannot compute (" + result + ")");
            }
            filled += tokens.length;
        } catch (LlamaException e) {
            throw e;
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    /** The scores of all tokens as the next one, after what was read. */
    float[] scores() throws LlamaException {
        try {
            MemorySegment at = (MemorySegment) llama.scores.invoke(room, -1);
            if (LlamaLibrary.isNull(at)) {
                throw fail("llama.cpp has no scores");
            }
            return at.reinterpret(4L * file.vocabulary()).toArray(JAVA_FLOAT);
        } catch (LlamaException e) {
            throw e;
        } catch (Throwable e) {
            throw LlamaLibrary.failed(e);
        }
    }

    @Override
    public void close() {
        try {
            llama.freeContext.invoke(room);
            llama.freeModel.invoke(model);
        } catch (Throwable e) {
            if (e instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException("llama.cpp cannot free a model", e);
        }
    }
}
