package mirror.continuity;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A client whose transcripts can be read. */
public enum TranscriptFormat {
    CLAUDE("claude-code", ".claude", "projects", ""),
    CODEX("codex", ".codex", "sessions", "rollout-");

    private static final String SUFFIX = ".jsonl";

    private final String client;
    private final String home;
    private final String folder;
    private final String prefix;

    TranscriptFormat(String client, String home, String folder, String prefix) {
        this.client = client;
        this.home = home;
        this.folder = folder;
        this.prefix = prefix;
    }

    /** The format of that name, such as {@code claude}, or nothing. */
    public static Optional<TranscriptFormat> of(String name) {
        for (TranscriptFormat format : values()) {
            if (format.text().equals(name)) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The actor that the client is in events, such as {@code claude-code}. */
    public String client() {
        return client;
    }

    /**
     * Where the client keeps its transcripts.
     *
     * @param user the person's home folder
     * @param elsewhere the client's own folder where it is not the usual one
     */
    public Path folder(Path user, @Nullable String elsewhere) {
        return (elsewhere == null ? user.resolve(home) : Path.of(elsewhere)).resolve(folder);
    }

    boolean isTranscript(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(prefix) && name.endsWith(SUFFIX);
    }

    /** @param file the transcript's path, whose name serves where the file does not name its session */
    TranscriptReader reader(Path file) {
        String name = String.valueOf(file.getFileName());
        String stem = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        return switch (this) {
            case CLAUDE -> new ClaudeTranscript(stem);
            case CODEX -> new CodexTranscript(stem);
        };
    }
}
