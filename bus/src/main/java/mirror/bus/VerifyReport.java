package mirror.bus;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a walk over a chain's stored bytes found.
 *
 * @param verdict the gravest finding, or intact
 * @param events events proven in order
 * @param head hash of the last of them, 64 hex; zeros when there is none
 * @param checkpoints checkpoints whose signature and root hold
 * @param findings in the order of the files; at most {@value #MAX_FINDINGS}, the first ones
 */
public record VerifyReport(
        String origin, Verdict verdict, long events, String head, int checkpoints, List<Finding> findings) {
    static final int MAX_FINDINGS = 100;

    /** From harmless to grave. */
    public enum Verdict {
        /** Every byte is what was written, up to the last event. */
        INTACT,
        /** The last lines were cut off by a crash before anybody was told that they are safe. */
        TORN_TAIL,
        /** The bytes hold together, but no known key vouches for them. */
        UNVERIFIABLE,
        /** Lines stand in another order than their numbers. */
        REORDERED,
        /** Events in the middle are gone. */
        MISSING,
        /** Whole and consistent, but older than what a witness outside the log has seen. */
        ROLLED_BACK,
        /** Events that a checkpoint or an acknowledgement vouches for are gone from the end. */
        TRUNCATED,
        /** A checkpoint was signed over another history. */
        FORKED,
        /** Bytes of a line are not those that were written. */
        ALTERED;

        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * @param file the file it was found in
     * @param line line number in that file, from 1; 0 when it is not about a line
     * @param seq the event it is about; 0 when it is not about one
     */
    public record Finding(Verdict kind, String file, long line, long seq, String sentence) {}

    /** The report with more findings, none of which is about a line. */
    VerifyReport and(List<Finding> more) {
        Verdict worst = more.stream().map(Finding::kind).max(Verdict::compareTo).orElse(verdict);
        return new VerifyReport(
                origin,
                worst.compareTo(verdict) > 0 ? worst : verdict,
                events,
                head,
                checkpoints,
                Stream.concat(findings.stream(), more.stream())
                        .limit(MAX_FINDINGS)
                        .toList());
    }

    /** The same report of a log that is being written to: lines that are just coming are not torn. */
    public VerifyReport withoutTornTail() {
        return verdict != Verdict.TORN_TAIL
                ? this
                : new VerifyReport(origin, Verdict.INTACT, events, head, checkpoints, List.of());
    }

    public boolean intact() {
        return verdict == Verdict.INTACT;
    }
}
