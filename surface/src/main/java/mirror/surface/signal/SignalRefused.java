package mirror.surface.signal;

import mirror.bus.Json;
import tools.jackson.databind.node.ObjectNode;

/** A request that is not done, with ntfy's own code, status and words, so that its clients understand it. */
public final class SignalRefused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final String DOCS = "https://ntfy.sh/docs/";

    private final int code;
    private final String link;

    private SignalRefused(int code, String message, String link) {
        super(message);
        this.code = code;
        this.link = link.isEmpty() ? "" : DOCS + link;
    }

    /** Codes are ntfy's: the HTTP status and two digits. */
    static SignalRefused of(Fault fault) {
        return new SignalRefused(fault.code, fault.words, fault.link);
    }

    /** The same with what exactly is wrong. */
    static SignalRefused of(Fault fault, String why) {
        return new SignalRefused(fault.code, fault.words + ", " + why, fault.link);
    }

    /** What ntfy's server can say; see {@code server/errors.go} of ntfy. */
    enum Fault {
        INVALID(40000, "invalid request", ""),
        NO_EMAIL(40001, "e-mail notifications are not enabled", "config/#e-mail-notifications"),
        DELAY_NO_CACHE(40002, "cannot disable cache for delayed message", ""),
        DELAY_UNREADABLE(40004, "invalid delay parameter: unable to parse delay", "publish/#scheduled-delivery"),
        DELAY_SMALL(
                40005, "invalid delay parameter: too small, please refer to the docs", "publish/#scheduled-delivery"),
        DELAY_LARGE(
                40006, "invalid delay parameter: too large, please refer to the docs", "publish/#scheduled-delivery"),
        PRIORITY(40007, "invalid priority parameter", "publish/#message-priority"),
        SINCE(40008, "invalid since parameter", "subscribe/api/#fetch-cached-messages"),
        TOPIC(40009, "invalid request: topic invalid", ""),
        NOT_UTF8(40011, "invalid message: message must be UTF-8 encoded", ""),
        ATTACHMENT_URL(40013, "invalid request: attachment URL is invalid", "publish/#attachments"),
        ATTACHMENT_EXPIRES(
                40015,
                "invalid request: attachment expiry before delayed delivery date",
                "publish/#scheduled-delivery"),
        NO_UPGRADE(40016, "invalid request: client not using the websocket protocol", "subscribe/api/#websockets"),
        ACTIONS(40018, "invalid request: actions invalid", "publish/#action-buttons"),
        ICON_URL(40021, "invalid request: icon URL is invalid", "publish/#icons"),
        JSON(40024, "invalid request: request body must be valid JSON", ""),
        NO_CALLS(40032, "invalid request: calling is disabled", "config/#phone-calls"),
        UNAUTHORIZED(40101, "unauthorized", "publish/#authentication"),
        FORBIDDEN(40301, "forbidden", "publish/#authentication"),
        NOT_FOUND(40401, "page not found", ""),
        TOO_LARGE(41301, "attachment too large, or bandwidth limit reached", "publish/#limitations"),
        JSON_TOO_LARGE(41303, "JSON body too large", ""),
        TOO_MANY_SUBSCRIPTIONS(
                42903, "limit reached: too many active subscriptions, please be nice", "publish/#limitations"),
        TOO_MANY_FAILURES(42909, "limit reached: too many auth failures", "publish/#limitations"),
        INTERNAL(50001, "internal server error", "");

        private final int code;
        private final String words;
        private final String link;

        Fault(int code, String words, String link) {
            this.code = code;
            this.words = words;
            this.link = link;
        }
    }

    /** HTTP status. */
    public int status() {
        return code / 100;
    }

    public int code() {
        return code;
    }

    ObjectNode json() {
        ObjectNode json = Json.object().put("code", code).put("http", status()).put("error", getMessage());
        if (!link.isEmpty()) {
            json.put("link", link);
        }
        return json;
    }
}
