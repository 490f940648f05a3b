package mirror.trust.claims;

import java.time.Instant;

/**
 * Something that was measured, or read where it stands.
 *
 * @param project root of the project it is about, or {@code ""} for the machine
 * @param subject what it is a figure of, in a few words, such as {@code hook round trip}
 * @param value a number as written ({@code 15.5}), a version, or a name
 * @param unit {@code ms}, {@code MB}, {@code tests} …; {@code version} or {@code model} for what is no number
 * @param how how it was measured, one clause
 * @param evidence SHA-256 of the output or file it was read from
 * @param event id of its event; {@code ""} while it is not recorded
 */
public record Fact(
        String project,
        String subject,
        String value,
        String unit,
        String how,
        String evidence,
        Instant time,
        String event) {
    static final String VERSION = "version";
    static final String MODEL = "model";

    /** One line, such as {@code hook round trip = 15.5 ms}. */
    public String text() {
        return subject + " = " + value + (unit.equals(VERSION) || unit.equals(MODEL) ? "" : " " + unit);
    }
}
