package mirror.surface.signal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import mirror.surface.signal.Message.Attachment;
import mirror.surface.signal.SignalRefused.Fault;
import org.jspecify.annotations.Nullable;

/**
 * A request to publish, read as ntfy reads it: which of title, message, file and the rest it says. Nothing is stored yet.
 *
 * @param cached whether those who subscribe later may have it
 * @param scheduled whether it is due later
 * @param file the bytes of a file that came with it, unread, or null
 */
record Publication(
        Message message,
        boolean cached,
        boolean scheduled,
        @Nullable InputStream file) {
    /** Longer text is a file. */
    static final int MESSAGE_BYTES = 4_096;

    static final Duration LEAST_DELAY = Duration.ofSeconds(10);
    static final Duration MOST_DELAY = Duration.ofDays(3);

    private static final int HEADERS_CHARS = 24_000;
    private static final Pattern URL = Pattern.compile("https?://\\S{1,2000}");
    private static final Pattern EXTENSION = Pattern.compile("[A-Za-z0-9]{1,16}");
    private static final String TRIGGERED = "triggered";
    private static final String RECEIVED = "You received a file: ";

    /**
     * Reads a request.
     *
     * @param ids of the message and its buttons
     * @param keep how long a message is kept after it was due
     * @param keepFile how long a file is kept
     * @throws SignalRefused when ntfy would not take it, or it is not served here
     * @throws IOException when the client is gone
     */
    static Publication read(
            String topic,
            Params params,
            InputStream body,
            Supplier<String> ids,
            Instant now,
            Duration keep,
            Duration keepFile)
            throws IOException {
        boolean cached = params.flag(true, "x-cache", "cache");
        Attachment attachment = attachment(params);
        String icon = params.text("x-icon", "icon");
        if (!icon.isEmpty() && !URL.matcher(icon).matches()) {
            throw SignalRefused.of(Fault.ICON_URL);
        }
        boolean email = !params.text("x-email", "x-e-mail", "email", "e-mail", "mail", "e")
                .isEmpty();
        if (email) {
            throw SignalRefused.of(Fault.NO_EMAIL);
        }
        if (!params.text("x-call", "call").isEmpty()) {
            throw SignalRefused.of(Fault.NO_CALLS);
        }
        if (!params.text("x-template", "template", "tpl").isEmpty()) {
            throw SignalRefused.of(Fault.INVALID, "templates are not served here");
        }
        int priority = Priorities.of(params.text("x-priority", "priority", "prio", "p"))
                .orElseThrow(() -> SignalRefused.of(Fault.PRIORITY));
        Optional<Instant> due = due(params, cached, now);
        String actions = params.text("x-actions", "actions", "action");
        String id = ids.get();
        Message said = new Message(
                id,
                due.orElse(now).getEpochSecond(),
                cached ? due.orElse(now).plus(keep).getEpochSecond() : 0,
                topic,
                params.text("x-title", "title", "t"),
                params.text("x-message", "message", "m").replace("\\n", "\n"),
                priority,
                params.list("x-tags", "tags", "tag", "ta"),
                params.text("x-click", "click"),
                icon,
                actions.isEmpty() ? List.of() : ButtonReader.read(actions, ids),
                attachment,
                isMarkdown(params) ? "text/markdown" : "",
                "");
        Publication publication = body(
                said,
                cached,
                due.isPresent(),
                params.flag(false, "x-unifiedpush", "unifiedpush", "up"),
                body,
                now.plus(keepFile).getEpochSecond());
        if (publication.message.content().length > HEADERS_CHARS + 3 * MESSAGE_BYTES) {
            throw SignalRefused.of(Fault.INVALID, "title, tags and actions are too long");
        }
        return publication;
    }

    private static boolean isMarkdown(Params params) {
        return params.flag(false, "x-markdown", "markdown", "md")
                || params.text("content-type", "content_type").equalsIgnoreCase("text/markdown");
    }

    private static @Nullable Attachment attachment(Params params) {
        String name = params.text("x-filename", "filename", "file", "f");
        String url = params.text("x-attach", "attach", "a");
        if (name.isEmpty() && url.isEmpty()) {
            return null;
        }
        if (!url.isEmpty() && !URL.matcher(url).matches()) {
            throw SignalRefused.of(Fault.ATTACHMENT_URL);
        }
        if (name.isEmpty()) {
            String path = url.replaceFirst("^https?://[^/?#]*", "").replaceFirst("[?#].*$", "");
            name = path.substring(path.lastIndexOf('/') + 1);
        }
        return new Attachment(name.isEmpty() ? "attachment" : name, "", 0, 0, url);
    }

    private static Optional<Instant> due(Params params, boolean cached, Instant now) {
        String text = params.text("x-delay", "delay", "x-at", "at", "x-in", "in");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (!cached) {
            throw SignalRefused.of(Fault.DELAY_NO_CACHE);
        }
        Instant due = Times.due(text, now).orElseThrow(() -> SignalRefused.of(Fault.DELAY_UNREADABLE));
        if (due.getEpochSecond() < now.plus(LEAST_DELAY).getEpochSecond()) {
            throw SignalRefused.of(Fault.DELAY_SMALL);
        }
        if (due.getEpochSecond() > now.plus(MOST_DELAY).getEpochSecond()) {
            throw SignalRefused.of(Fault.DELAY_LARGE);
        }
        return Optional.of(due);
    }

    /** What the body is, in the order in which ntfy decides it. */
    private static Publication body(
            Message said, boolean cached, boolean scheduled, boolean push, InputStream body, long fileExpires)
            throws IOException {
        byte[] head = body.readNBytes(MESSAGE_BYTES + 1);
        boolean isLong = head.length > MESSAGE_BYTES;
        Attachment attachment = said.attachment();
        Optional<String> text = isLong ? Optional.empty() : utf8(head);
        if (push) {
            if (isLong) {
                throw SignalRefused.of(Fault.INVALID, "a push message has at most " + MESSAGE_BYTES + " bytes");
            }
            String message = text.orElseGet(() -> Base64.getEncoder().encodeToString(head));
            return new Publication(
                    with(said, message.isEmpty() ? TRIGGERED : message, attachment, text.isPresent() ? "" : "base64"),
                    cached,
                    scheduled,
                    null);
        }
        boolean elsewhere = attachment != null && !attachment.url().isEmpty();
        if (elsewhere || (attachment == null && text.isPresent())) {
            // ntfy cuts the text off here; what was sent is taken whole or not at all.
            if (isLong) {
                throw SignalRefused.of(
                        Fault.INVALID, "the text beside an attachment has at most " + MESSAGE_BYTES + " bytes");
            }
            String message =
                    text.orElseThrow(() -> SignalRefused.of(Fault.NOT_UTF8)).strip();
            return new Publication(
                    with(said, head.length == 0 ? "" : message, attachment, ""), cached, scheduled, null);
        }
        if (said.time() > fileExpires) {
            throw SignalRefused.of(Fault.ATTACHMENT_EXPIRES);
        }
        String name = attachment == null ? "" : attachment.name();
        String type = type(name, text.isPresent() || (isLong && utf8Begin(head)));
        String extension = extension(name, type);
        Attachment file = new Attachment(
                name.isEmpty() ? "attachment" + extension : name,
                type,
                0,
                fileExpires,
                "/file/" + said.id() + extension);
        return new Publication(
                with(said, "", file, ""),
                cached,
                scheduled,
                new SequenceInputStream(new ByteArrayInputStream(head), body));
    }

    private static Message with(Message said, String body, @Nullable Attachment attachment, String encoding) {
        String message = body.isEmpty() ? said.message() : body;
        if (message.isEmpty()) {
            message = attachment == null ? TRIGGERED : RECEIVED + attachment.name();
        }
        return new Message(
                said.id(),
                said.time(),
                said.expires(),
                said.topic(),
                said.title(),
                message,
                said.priority(),
                said.tags(),
                said.click(),
                said.icon(),
                said.actions(),
                attachment,
                said.contentType(),
                encoding);
    }

    private static Optional<String> utf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Whether bytes that may be cut in the middle of a character begin a text. */
    private static boolean utf8Begin(byte[] bytes) {
        for (int cut = 0; cut < 4; cut++) {
            byte[] begin = new byte[bytes.length - cut];
            System.arraycopy(bytes, 0, begin, 0, begin.length);
            if (utf8(begin).isPresent()) {
                return true;
            }
        }
        return false;
    }

    private static String type(String name, boolean isText) {
        String guess = URLConnection.guessContentTypeFromName(name.toLowerCase(Locale.ROOT));
        if (guess != null) {
            return guess;
        }
        return isText ? "text/plain; charset=utf-8" : "application/octet-stream";
    }

    private static String extension(String name, String type) {
        String extension = name.contains(".") ? name.substring(name.lastIndexOf('.') + 1) : "";
        if (EXTENSION.matcher(extension).matches()) {
            return "." + extension;
        }
        return type.startsWith("text/plain") ? ".txt" : ".bin";
    }
}
