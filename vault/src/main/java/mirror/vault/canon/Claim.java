package mirror.vault.canon;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;

/**
 * One thing that evidence says. Never changed and never deleted; what speaks against it is a claim too.
 *
 * @param id the first digits of a digest over everything it says: the same claim twice is one
 * @param evidence SHA-256 of the evidence
 * @param quote as it stands there
 * @param block number of the paragraph that the quote begins in, from 1
 * @param about what it is about; the name of a note of the canon
 * @param says one sentence
 * @param standing how sure it is
 * @param key what is stated, such as {@code port}, or empty
 * @param value what it is stated to be, or empty
 */
public record Claim(
        String id,
        String evidence,
        String quote,
        int block,
        String about,
        String says,
        Standing standing,
        String key,
        String value,
        Instant time,
        String by) {

    /** How sure a claim is. */
    public enum Standing {
        /** The quote says it. */
        FACT,
        /** It follows from the quote with some judgement. */
        ESTIMATE,
        /** The quote leaves it open. */
        UNKNOWN;

        /** By its name in any case. */
        public static Optional<Standing> of(String text) {
            for (Standing each : values()) {
                if (each.name().equals(text.toUpperCase(Locale.ROOT))) {
                    return Optional.of(each);
                }
            }
            return Optional.empty();
        }
    }

    static String id(Draft draft) {
        String all = Json.MAPPER.writeValueAsString(List.of(
                draft.evidence, draft.quote, draft.about, draft.says, draft.standing.name(), draft.key, draft.value));
        return AtomicFiles.digest(all.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }

    /** A claim that was not admitted yet. */
    public record Draft(
            String evidence, String quote, String about, String says, Standing standing, String key, String value) {
        public Draft {
            about = oneLine(about);
            says = oneLine(says);
            key = oneLine(key);
            value = oneLine(value);
        }

        private static String oneLine(String text) {
            return text.strip().replaceAll("\\s+", " ");
        }
    }
}
