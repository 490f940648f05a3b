package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * An event before the log has given it a place: what happened, to what, by whom, under which permit.
 *
 * @param type {@code mirror.<noun>.<past-participle>.v<n>}
 * @param actor who did it: {@code daemon}, {@code owner}, {@code claude-code} …; lower case, digits, dots and dashes
 * @param subject what it is about, such as a session or action id
 * @param permit id of the lease it happened under
 * @param session id of the session it belongs to
 * @param data the payload; must not be changed after it was handed over
 */
public record Draft(
        String type,
        String actor,
        @Nullable String subject,
        @Nullable String permit,
        @Nullable String session,
        ObjectNode data) {
    private static final Pattern TYPE = Pattern.compile("mirror\\.[a-z][a-z-]*\\.[a-z][a-z-]*\\.v[1-9][0-9]*");
    private static final Pattern ACTOR = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");
    private static final int ATTRIBUTE_LIMIT = 512;

    public Draft {
        if (!TYPE.matcher(type).matches()) {
            throw new IllegalArgumentException("event type '" + type + "' is not mirror.<noun>.<past-participle>.v<n>");
        }
        if (!ACTOR.matcher(actor).matches()) {
            throw new IllegalArgumentException("actor '" + actor + "' is not lower case, digits, dots and dashes");
        }
        subject = attribute("subject", subject);
        permit = attribute("permit", permit);
        session = attribute("session", session);
    }

    public static Draft of(String type, String actor, ObjectNode data) {
        return new Draft(type, actor, null, null, null, data);
    }

    public Draft subject(@Nullable String value) {
        return new Draft(type, actor, value, permit, session, data);
    }

    public Draft permit(@Nullable String value) {
        return new Draft(type, actor, subject, value, session, data);
    }

    public Draft session(@Nullable String value) {
        return new Draft(type, actor, subject, permit, value, data);
    }

    /** CloudEvents attributes may not be empty; they come from clients, so their length is bounded here. */
    private static @Nullable String attribute(String name, @Nullable String value) {
        if (value == null || value.isEmpty()) {
            return null;
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException(name + " has half of a surrogate pair");
        }
        if (value.length() > ATTRIBUTE_LIMIT) {
            throw new IllegalArgumentException(name + " is longer than " + ATTRIBUTE_LIMIT + " characters");
        }
        return value;
    }
}
