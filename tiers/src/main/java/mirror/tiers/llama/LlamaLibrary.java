package mirror.tiers.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import mirror.tiers.llama.LlamaException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The functions of llama.cpp that are used, of the library that de.kherud:llama 4.2.0 brings along (llama.cpp b4916). The forms of its
 * structures belong to this very build and are checked against it when it is loaded; with another build they would be read wrongly. The
 * functions are called by one thread. Loaded once, and never unloaded: what it has started cannot be taken back.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/b4916/include/llama.h">llama.h</a>
 */
@SuppressWarnings("restricted") // Native functions are what it is for; the daemon allows them when it starts.
final class LlamaLibrary {
    static final int BUILD = 4916;

    /** {@code llama_model_params}: 64 bytes, of which these are written. */
    private static final MemoryLayout MODEL_PARAMS =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(8, JAVA_LONG));

    static final long N_GPU_LAYERS = 8;
    static final long USE_MMAP = 57;

    /** {@code llama_context_params}: 120 bytes, of which these are written. */
    private static final MemoryLayout CONTEXT_PARAMS =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(15, JAVA_LONG));

    static final long N_CTX = 0;
    static final long N_BATCH = 4;
    static final long N_UBATCH = 8;
    static final long N_SEQ_MAX = 12;
    static final long N_THREADS = 16;
    static final long N_THREADS_BATCH = 20;

    /** {@code llama_batch}: a count and six addresses. */
    static final MemoryLayout BATCH =
            MemoryLayout.structLayout(JAVA_INT, MemoryLayout.paddingLayout(4), MemoryLayout.sequenceLayout(6, ADDRESS));

    private final SymbolLookup symbols;
    private final Linker linker = Linker.nativeLinker();

    final MethodHandle modelDefaults;
    final MethodHandle contextDefaults;
    final MethodHandle loadModel;
    final MethodHandle freeModel;
    final MethodHandle hasEncoder;
    final MethodHandle vocabularyOf;
    final MethodHandle newContext;
    final MethodHandle freeContext;
    final MethodHandle clear;
    final MethodHandle decode;
    final MethodHandle scores;
    final MethodHandle tokenize;
    final MethodHandle piece;
    final MethodHandle isEnd;
    final MethodHandle begin;
    final MethodHandle tokens;
    final MethodHandle template;

    private LlamaLibrary(SymbolLookup symbols) throws LlamaException {
        this.symbols = symbols;
        modelDefaults = of("llama_model_default_params", FunctionDescriptor.of(MODEL_PARAMS));
        contextDefaults = of("llama_context_default_params", FunctionDescriptor.of(CONTEXT_PARAMS));
        loadModel = of("llama_model_load_from_file", FunctionDescriptor.of(ADDRESS, ADDRESS, MODEL_PARAMS));
        freeModel = of("llama_model_free", FunctionDescriptor.ofVoid(ADDRESS));
        hasEncoder = of("llama_model_has_encoder", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
        vocabularyOf = of("llama_model_get_vocab", FunctionDescriptor.of(ADDRESS, ADDRESS));
        newContext = of("llama_init_from_model", FunctionDescriptor.of(ADDRESS, ADDRESS, CONTEXT_PARAMS));
        freeContext = of("llama_free", FunctionDescriptor.ofVoid(ADDRESS));
        clear = of("llama_kv_self_clear", FunctionDescriptor.ofVoid(ADDRESS));
        decode = of("llama_decode", FunctionDescriptor.of(JAVA_INT, ADDRESS, BATCH));
        scores = of("llama_get_logits_ith", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
        tokenize = of(
                "llama_tokenize",
                FunctionDescriptor.of(
                        JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_BOOLEAN, JAVA_BOOLEAN));
        piece = of(
                "llama_token_to_piece",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_BOOLEAN));
        isEnd = of("llama_vocab_is_eog", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, JAVA_INT));
        begin = of("llama_vocab_bos", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        tokens = of("llama_vocab_n_tokens", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        template = of(
                "llama_chat_apply_template",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_BOOLEAN, ADDRESS, JAVA_INT));
    }

    /**
     * Loads the library that is built for this machine, by way of a file that is removed at once.
     *
     * @throws LlamaException when there is none, or it cannot be loaded
     */
    static LlamaLibrary load() throws LlamaException {
        boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
        String arch = System.getProperty("os.arch").replace("amd64", "x86_64").replace("arm64", "aarch64");
        String name = "/de/kherud/llama/" + (mac ? "Mac/" : "Linux/") + arch + "/libjllama." + (mac ? "dylib" : "so");
        try (InputStream in = LlamaLibrary.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new LlamaException(
                        Kind.MODEL,
                        "llama.cpp is not there for this machine (" + System.getProperty("os.name") + ", " + arch
                                + ")");
            }
            return load(in.readAllBytes());
        } catch (IOException e) {
            throw new LlamaException(Kind.MODEL, "llama.cpp's library cannot be unpacked: " + e.getMessage());
        }
    }

    private static LlamaLibrary load(byte[] library) throws IOException, LlamaException {
        // The owner's alone; the name is one that nobody else can have made before.
        Path folder = Files.createTempDirectory("mirror-llama");
        Path file = folder.resolve("libjllama.so");
        try {
            try (FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(library);
                while (bytes.hasRemaining()) {
                    to.write(bytes);
                }
            }
            waitAsleep();
            LlamaLibrary loaded = new LlamaLibrary(SymbolLookup.libraryLookup(file, Arena.global()));
            loaded.begin();
            return loaded;
        } catch (IllegalArgumentException e) {
            throw new LlamaException(
                    Kind.MODEL,
                    "llama.cpp's library cannot be loaded; it needs libgomp (Debian: libgomp1), and a temporary folder from which programs may be loaded");
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    /**
     * Threads that wait for each other within a step sleep instead of spinning: beside other work spinning is many times slower for
     * everybody. libgomp looks at this when it is loaded; what the owner has set stays.
     */
    private static void waitAsleep() throws LlamaException {
        Linker linker = Linker.nativeLinker();
        MemorySegment set = linker.defaultLookup().find("setenv").orElse(null);
        if (set != null) {
            try (Arena arena = Arena.ofConfined()) {
                linker.downcallHandle(set, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                        .invoke(arena.allocateFrom("OMP_WAIT_POLICY"), arena.allocateFrom("passive"), 0);
            } catch (Throwable e) {
                throw failed(e);
            }
        }
    }

    /** Makes sure that it is the build whose structures are known, silences it, and starts it. */
    private void begin() throws LlamaException {
        int build = symbols.find("LLAMA_BUILD_NUMBER")
                .map(at -> at.reinterpret(4).get(JAVA_INT, 0))
                .orElse(0);
        if (build != BUILD) {
            throw new LlamaException(Kind.MODEL, "llama.cpp is build " + build + ", and " + BUILD + " is known");
        }
        try {
            MethodHandle silence = MethodHandles.empty(
                    MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class));
            MemorySegment nothing =
                    linker.upcallStub(silence, FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS), Arena.global());
            of("llama_log_set", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS)).invoke(nothing, MemorySegment.NULL);
            of("llama_backend_init", FunctionDescriptor.ofVoid()).invoke();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private MethodHandle of(String name, FunctionDescriptor form) throws LlamaException {
        MemorySegment at = symbols.find(name).orElse(null);
        if (at == null) {
            throw new LlamaException(Kind.MODEL, "llama.cpp's library lacks " + name);
        }
        return linker.downcallHandle(at, form);
    }

    /** What a call of a function can throw: nothing that was foreseen. */
    static LlamaException failed(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new LlamaException(
                Kind.MODEL, "llama.cpp failed: " + e.getClass().getSimpleName());
    }

    static boolean isNull(@Nullable MemorySegment segment) {
        return segment == null || segment.address() == 0;
    }
}
