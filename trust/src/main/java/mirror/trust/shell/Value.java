package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a word may turn out to be: known text, with places that are not known. A value never pretends: text that is not certain
 * is a {@link Wild} (some name, no slash in it) or an {@link Unknown} (anything at all).
 */
record Value(List<Chunk> chunks) {
    /** Longer values are given up, so that doubling a variable in a loop cannot exhaust the memory. */
    static final int MAX_LENGTH = 1 << 16;

    /** Stands where a host would for what the variables of this shell hold. */
    static final String ENVIRONMENT = "the environment of this shell";

    private static final int MAX_CHUNKS = 128;

    static final Value EMPTY = new Value(List.of());

    Value {
        chunks = join(chunks);
        if (chunks.size() > MAX_CHUNKS) {
            chunks = List.of(new Unknown("…", remote(chunks), List.of()));
        }
    }

    sealed interface Chunk {
        /** How the chunk is shown to the owner. */
        String shown();
    }

    record Text(String text) implements Chunk {
        @Override
        public String shown() {
            return text;
        }
    }

    /** Text without a slash: what a pattern matches, a number, a branch-free name. */
    record Wild(String shown) implements Chunk {}

    /**
     * @param shown the expansion as written
     * @param remote the host its content came from, or null
     * @param under when it is a list of paths, the directories they are all in; empty when that is not known
     */
    record Unknown(String shown, @Nullable String remote, List<Path> under) implements Chunk {}

    /** The name of a process substitution; reading it gives the content. */
    record Pipe(Value content) implements Chunk {
        @Override
        public String shown() {
            return "<(…)";
        }
    }

    static Value of(String text) {
        return text.isEmpty() ? EMPTY : new Value(List.of(new Text(text)));
    }

    static Value unknown(String shown) {
        return new Value(List.of(new Unknown(shown, null, List.of())));
    }

    static Value wild(String shown) {
        return new Value(List.of(new Wild(shown)));
    }

    private static List<Chunk> join(List<Chunk> chunks) {
        List<Chunk> joined = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (Chunk chunk : chunks) {
            if (chunk instanceof Text(String piece)) {
                text.append(piece);
            } else {
                if (!text.isEmpty()) {
                    joined.add(new Text(text.toString()));
                    text.setLength(0);
                }
                joined.add(chunk);
            }
        }
        if (!text.isEmpty()) {
            joined.add(new Text(text.toString()));
        }
        return List.copyOf(joined);
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }

    boolean isKnown() {
        return chunks.isEmpty() || (chunks.size() == 1 && chunks.getFirst() instanceof Text);
    }

    /** The text, or null when part of it is not known. */
    @Nullable
    String known() {
        return isKnown() ? shown() : null;
    }

    boolean is(String text) {
        return text.equals(known());
    }

    /** The known text before the first unknown place. */
    String lead() {
        return !chunks.isEmpty() && chunks.getFirst() instanceof Text(String text) ? text : "";
    }

    /** The value as one text for the owner, unknown places as they were written. */
    String shown() {
        if (chunks.size() == 1) {
            return chunks.getFirst().shown();
        }
        StringBuilder text = new StringBuilder();
        chunks.forEach(chunk -> text.append(chunk.shown()));
        return text.toString();
    }

    boolean hasUnknown() {
        return chunks.stream().anyMatch(Unknown.class::isInstance);
    }

    /** Whether it may begin with text that is not known, and so could be an option, or nothing. */
    boolean startsUnknown() {
        return !chunks.isEmpty() && chunks.getFirst() instanceof Unknown;
    }

    /** Whether it is wholly unknown, so that it may be an option as well as an operand. */
    boolean startsWithUnknownOption() {
        return !chunks.isEmpty()
                && chunks.getFirst() instanceof Unknown list
                && list.under().isEmpty();
    }

    /** The host that part of the value came from, or null. */
    @Nullable
    String remote() {
        return remote(chunks);
    }

    private static @Nullable String remote(List<Chunk> chunks) {
        for (Chunk chunk : chunks) {
            if (chunk instanceof Unknown unknown && unknown.remote() != null) {
                return unknown.remote();
            }
            if (chunk instanceof Pipe(Value content) && content.remote() != null) {
                return content.remote();
            }
        }
        return null;
    }

    /** Without its first {@code length} characters, which must be known. */
    Value drop(int length) {
        List<Chunk> rest = new ArrayList<>(chunks);
        if (length > 0) {
            rest.set(0, new Text(lead().substring(length)));
        }
        return new Value(rest);
    }

    /** The content behind a process substitution, or null when the value is not one. */
    @Nullable
    Value piped() {
        return chunks.size() == 1 && chunks.getFirst() instanceof Pipe(Value content) ? content : null;
    }

    Value plus(Value other) {
        if (length() + other.length() > MAX_LENGTH) {
            return new Value(List.of(new Unknown("…", remote() != null ? remote() : other.remote(), List.of())));
        }
        List<Chunk> both = new ArrayList<>(chunks);
        both.addAll(other.chunks);
        return new Value(both);
    }

    int length() {
        int length = 0;
        for (Chunk chunk : chunks) {
            length += chunk.shown().length();
        }
        return length;
    }

    /** As a command substitution gives it. */
    Value trimNewlines() {
        if (!chunks.isEmpty() && chunks.getLast() instanceof Text(String text)) {
            int end = text.length();
            while (end > 0 && text.charAt(end - 1) == '\n') {
                end--;
            }
            List<Chunk> trimmed = new ArrayList<>(chunks);
            trimmed.set(trimmed.size() - 1, new Text(text.substring(0, end)));
            return new Value(trimmed);
        }
        return this;
    }

    static Value joined(List<Value> values, String separator) {
        List<Chunk> all = new ArrayList<>();
        int length = 0;
        for (Value value : values) {
            if (length > 0) {
                all.add(new Text(separator));
            }
            all.addAll(value.chunks);
            length += value.length() + 1;
        }
        return length > MAX_LENGTH ? unknown("…") : new Value(all);
    }
}
