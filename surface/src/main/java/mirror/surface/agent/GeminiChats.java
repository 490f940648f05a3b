package mirror.surface.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What Gemini CLI writes down of a conversation while it goes on, in {@code tmp/PROJECT/chats/session-…-ID.jsonl} and, for subagents, in
 * {@code chats/ID/}: the one place where it tells tokens before its end. Each message has its tokens once the model has answered, and
 * stands there again when it has changed. A file that is not there or is not understood tells nothing; the client's own sum at the end
 * counts then. Not thread-safe.
 */
final class GeminiChats implements Function<String, List<AgentEvent.Used>> {
    private static final int MOST = 4 * 1024 * 1024;

    private final Path tmp;
    private final Instant since;

    /** How far each file was read, to the end of a line. */
    private final Map<Path, Long> read = new HashMap<>();

    private @Nullable Path chat;

    /** @param since messages before it are those of an earlier run */
    GeminiChats(Path tmp, Instant since) {
        this.tmp = tmp;
        this.since = since;
    }

    /** What has been used since this was last asked. */
    @Override
    public List<AgentEvent.Used> apply(String session) {
        List<AgentEvent.Used> used = new ArrayList<>();
        try {
            if (session.matches("[A-Za-z0-9-]{8,100}")) {
                for (Path file : files(session)) {
                    news(file, used);
                }
            }
        } catch (IOException e) {
            // As the class says.
        }
        return used;
    }

    private List<Path> files(String session) throws IOException {
        if (chat == null) {
            chat = find(session);
        }
        Path main = chat;
        if (main == null) {
            return List.of();
        }
        List<Path> files = new ArrayList<>(List.of(main));
        Path subagents = main.resolveSibling(session);
        if (Files.isDirectory(subagents)) {
            list(subagents, "*.jsonl", files);
        }
        return files;
    }

    private @Nullable Path find(String session) throws IOException {
        List<Path> projects = new ArrayList<>();
        list(tmp, "*", projects);
        List<Path> found = new ArrayList<>();
        for (Path project : projects) {
            Path chats = project.resolve("chats");
            if (Files.isDirectory(chats)) {
                list(chats, "session-*-" + session.substring(0, 8) + ".jsonl", found);
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    private static void list(Path folder, String glob, List<Path> into) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, glob)) {
            all.forEach(into::add);
        }
    }

    private void news(Path path, List<AgentEvent.Used> used) throws IOException {
        long from = read.getOrDefault(path, 0L);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            in.skipNBytes(from);
            bytes = in.readNBytes(MOST);
        }
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                message(new String(bytes, start, i - start, StandardCharsets.UTF_8), used);
                start = i + 1;
            }
        }
        // A line that is longer than all that is read at once says nothing that is wanted here.
        read.put(path, from + (start == 0 && bytes.length == MOST ? MOST : start));
    }

    private void message(String line, List<AgentEvent.Used> used) {
        try {
            JsonNode message = Json.MAPPER.readTree(line);
            JsonNode tokens = message.path("tokens");
            if (tokens.isObject()
                    && !Instant.parse(message.path("timestamp").asString("")).isBefore(since)) {
                long input = Words.number(tokens, "input");
                long cached = Math.min(input, Words.number(tokens, "cached"));
                used.add(new AgentEvent.Used(
                        message.path("id").asString(""),
                        new Usage(input - cached, cached, Math.max(0, Words.number(tokens, "total") - input))));
            }
        } catch (JacksonException | DateTimeException e) {
            // As the class says.
        }
    }
}
