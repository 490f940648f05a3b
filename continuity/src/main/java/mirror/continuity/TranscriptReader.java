package mirror.continuity;

import java.time.DateTimeException;
import java.time.Instant;
import mirror.trust.Redactor;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads a transcript as its bytes come by, in one pass and bounded memory. Whatever the bytes are, it gives an answer: a line that it
 * cannot read is counted and changes nothing else. Not thread-safe.
 */
abstract sealed class TranscriptReader permits ClaudeTranscript, CodexTranscript {
    /** Longer lines are not looked at. */
    static final int LINE = 8 * 1024 * 1024;

    private static final int ID = 128;
    private static final int PATH = 1_000;
    private static final int INTENT = 240;

    private final String fallback;
    private final LineCutter cutter = new LineCutter(LINE, new LineCutter.Lines() {
        @Override
        public void line(byte[] bytes, int length) {
            JsonNode line = Outline.of(bytes, length);
            if (line == null) {
                unreadable++;
                return;
            }
            time(line.path("timestamp"));
            take(line);
        }

        @Override
        public void tooLong() {
            unreadable++;
        }
    });

    private String session = "";
    private String project = "";
    private String intent = "";
    private @Nullable Instant first;
    private @Nullable Instant last;
    private long unreadable;

    long prompts;
    long answers;
    long calls;

    /** @param fallback the session's id where the file does not tell it */
    TranscriptReader(String fallback) {
        this.fallback = fallback;
    }

    /** Takes one readable line. */
    abstract void take(JsonNode line);

    final void accept(byte[] bytes, int offset, int count) {
        cutter.accept(bytes, offset, count);
    }

    /** What the transcript says, after its last byte. */
    final Transcript end() {
        cutter.end();
        finish();
        String id = Text.line(session.isEmpty() ? fallback : session, ID);
        return new Transcript(
                id.isEmpty() ? "unknown" : id, project, intent, first, last, prompts, answers, calls, unreadable);
    }

    /** Called once after the last line. */
    void finish() {}

    final void session(JsonNode id) {
        if (session.isEmpty()) {
            session = id.asString("");
        }
    }

    final void project(JsonNode cwd) {
        if (project.isEmpty()) {
            project = Text.line(Redactor.redact(cwd.asString("")), PATH);
        }
    }

    /** The first one that says something counts. */
    final void intent(String prompt) {
        if (intent.isEmpty()) {
            intent = Text.line(Redactor.redact(prompt), INTENT);
        }
    }

    private void time(JsonNode text) {
        try {
            Instant time = Instant.parse(text.asString(""));
            if (first == null || time.isBefore(first)) {
                first = time;
            }
            if (last == null || time.isAfter(last)) {
                last = time;
            }
        } catch (DateTimeException e) {
            // A line without a time, or with something else in its place, is no less a line.
        }
    }

    /** The texts of a message's content, which is one text or a list of blocks. */
    static String text(JsonNode content, String kind) {
        if (content.isString()) {
            return content.asString("");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode block : content) {
            if (block.path("type").asString("").equals(kind) && text.length() < Outline.TEXT) {
                text.append(block.path("text").asString("")).append('\n');
            }
        }
        return text.toString().strip();
    }
}
