package mirror.pulse.stats;

import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.NoteKey;
import mirror.pulse.stats.MarkedText.Mark;
import mirror.pulse.stats.MarkedText.Place;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;

/**
 * Holds the numbers of a text against what was signed, and, where the log is at hand, what was signed against the log: each number is counted
 * anew by the query that was signed with it, as of the event that was signed with it, and as of now. Stateless.
 */
public final class TextCheck {
    /** The name of a mark of the day as of which numbers are. */
    public static final String DATE = "date";

    /** More statements than this in one text are refused. */
    private static final int MOST = 50;

    /** What is true of a number in a text. */
    public enum Verdict {
        /** It is so, now. */
        HOLDS(true),
        /** It was so on the day that stands with it. */
        DATED(true),
        /** It was so, is not any more, and no day says so. */
        STALE(false),
        /** It is what was signed; whether it still is so cannot be told without the log, and no day stands with it. */
        SIGNED(false),
        /** The text says something else than what was signed, or nothing that can be read. */
        WRONG(false),
        /** No number of this name was signed. */
        UNKNOWN_NAME(false),
        /** Nothing signed stands behind it. */
        UNSIGNED(false),
        /** A signature is not good. */
        BAD_SIGNATURE(false),
        /** It is of another log, or of a history that this log does not have. */
        FOREIGN(false),
        /** It was signed, and this log gives another number. */
        CONTRADICTED(false);

        private final boolean good;

        Verdict(boolean good) {
            this.good = good;
        }

        /** Whether a reader who believes the text believes what is true. */
        public boolean isGood() {
            return good;
        }

        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** What was found of one mark; of a statement the name is empty. */
    public record Found(Place place, String name, Verdict verdict, String sentence) {}

    private final NoteKey key;
    private final @Nullable EventLog log;

    /** By event. */
    private final Map<Long, Report> reports = new TreeMap<>();

    private final Set<Long> refused = new LinkedHashSet<>();
    private Map<Long, Recount> counts = Map.of();
    private final Set<Long> dated = new LinkedHashSet<>();

    private TextCheck(NoteKey key, @Nullable EventLog log) {
        this.key = key;
        this.log = log;
    }

    /**
     * Checks a text.
     *
     * @param extra a statement that does not stand in the text itself, or null
     * @param key whom to believe
     * @param log the log that the key signs, or null when it is not at hand
     * @return all that was found, in the order of the text; empty when nothing in it is marked
     */
    public static List<Found> of(MarkedText text, @Nullable String extra, NoteKey key, @Nullable EventLog log) {
        TextCheck check = new TextCheck(key, log);
        List<Found> found = new ArrayList<>();
        if (extra != null) {
            check.statement(new Place(0, 0), extra, found);
        }
        int statements = 0;
        for (Mark mark : text.marks()) {
            if (mark instanceof MarkedText.Signed signed) {
                if (++statements > MOST) {
                    throw new IllegalArgumentException("the text has more than " + MOST + " signed statements");
                }
                check.statement(signed.place(), signed.envelope(), found);
            }
        }
        List<MarkedText.Quoted> quoted = new ArrayList<>();
        for (Mark mark : text.marks()) {
            switch (mark) {
                case MarkedText.Quoted number -> quoted.add(number);
                case MarkedText.Malformed bad ->
                    found.add(new Found(
                            bad.place(),
                            "",
                            Verdict.WRONG,
                            "this is not a mark such as <!-- mirror:stats events @123 -->"));
                case MarkedText.Signed _ -> {
                    // Was read before.
                }
            }
        }
        check.count(quoted);
        quoted.stream().filter(each -> each.name().equals(DATE)).forEach(each -> found.add(check.date(each)));
        quoted.stream().filter(each -> !each.name().equals(DATE)).forEach(each -> found.add(check.number(each)));
        found.sort(java.util.Comparator.<Found>comparingInt(each -> each.place().line())
                .thenComparingInt(each -> each.place().column()));
        return found;
    }

    private void statement(Place place, String envelope, List<Found> found) {
        Report report;
        try {
            if (envelope.length() > Report.MAX_BYTES) {
                throw new TrustException("it is too long");
            }
            report = Report.open((envelope.strip() + "\n").getBytes(StandardCharsets.UTF_8), key);
        } catch (TrustException e) {
            found.add(new Found(
                    place,
                    "",
                    Verdict.BAD_SIGNATURE,
                    "the statement proves nothing: " + e.getMessage() + "; 'mirror stats --fill' makes a new one"));
            return;
        }
        Head head = report.head();
        if (log != null && !isOf(log, head)) {
            refused.add(head.seq());
            found.add(new Found(
                    place,
                    "",
                    Verdict.FOREIGN,
                    "it was signed for event " + head.seq() + " with hash "
                            + head.hash().substring(0, 12) + ", which this log does not have"));
        } else {
            reports.put(head.seq(), report);
        }
    }

    private static boolean isOf(EventLog log, Head head) {
        if (!log.origin().equals(head.origin()) || head.seq() < 1 || head.seq() > log.durable()) {
            return false;
        }
        List<Event> events = log.read(head.seq(), 1);
        return !events.isEmpty() && events.getFirst().hash().equals(head.hash());
    }

    /** Counts what is quoted anew, at every event that something was signed for and at the last one. */
    private void count(List<MarkedText.Quoted> quoted) {
        if (log == null || reports.isEmpty()) {
            return;
        }
        Map<String, Query> queries = new HashMap<>();
        for (MarkedText.Quoted each : quoted) {
            Report report = report(each);
            if (report != null) {
                report.figure(each.name()).ifPresent(figure -> {
                    try {
                        queries.put(figure.query(), Query.parse(figure.query()));
                    } catch (IllegalArgumentException e) {
                        // It has no count, and that is told.
                    }
                });
            }
        }
        TreeSet<Long> heads = new TreeSet<>(reports.keySet());
        heads.add(log.durable());
        counts = Recount.at(log, heads, queries.values());
    }

    private @Nullable Report report(MarkedText.Quoted mark) {
        if (mark.seq() > 0) {
            return reports.get(mark.seq());
        }
        return reports.size() == 1 ? reports.values().iterator().next() : null;
    }

    private Found unsigned(MarkedText.Quoted mark) {
        if (refused.contains(mark.seq())) {
            return new Found(mark.place(), mark.name(), Verdict.FOREIGN, "what was signed for it is of another log");
        }
        return new Found(
                mark.place(),
                mark.name(),
                Verdict.UNSIGNED,
                mark.seq() > 0
                        ? "no good statement says how it was as of event " + mark.seq()
                        : "it does not say as of which event it is, and there is not one good statement alone");
    }

    private static String day(Head head) {
        return head.time().atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    private Found date(MarkedText.Quoted mark) {
        Report report = report(mark);
        if (report == null) {
            return unsigned(mark);
        }
        Head head = report.head();
        if (!mark.word().equals(day(head))) {
            return new Found(
                    mark.place(),
                    mark.name(),
                    Verdict.WRONG,
                    said(mark) + ", and event " + head.seq() + " is of " + day(head));
        }
        dated.add(head.seq());
        return new Found(mark.place(), mark.name(), Verdict.HOLDS, "the day of event " + head.seq() + " (UTC)");
    }

    private static String said(MarkedText.Quoted mark) {
        return mark.word().isEmpty() ? "no number stands before the mark" : "the text says " + mark.word();
    }

    private Found number(MarkedText.Quoted mark) {
        Report report = report(mark);
        if (report == null) {
            return unsigned(mark);
        }
        Head head = report.head();
        Figure figure = report.figure(mark.name()).orElse(null);
        if (figure == null) {
            return found(mark, Verdict.UNKNOWN_NAME, "no number of this name was signed for event " + head.seq());
        }
        if (!Words.says(mark.word(), figure.value())) {
            return found(
                    mark,
                    Verdict.WRONG,
                    said(mark) + ", and what was signed for event " + head.seq() + " is "
                            + figure.value().text());
        }
        String was = "as of event " + head.seq() + ", " + day(head);
        if (log == null) {
            return dated.contains(head.seq())
                    ? found(mark, Verdict.DATED, "signed, " + was)
                    : found(
                            mark,
                            Verdict.SIGNED,
                            "signed, " + was + "; whether it still is so cannot be told here, and no day in the text"
                                    + " says when it was");
        }
        Value then = value(head.seq(), figure);
        Value now = value(log.durable(), figure);
        if (then == null || now == null || !then.text().equals(figure.value().text())) {
            return found(
                    mark,
                    Verdict.CONTRADICTED,
                    "it was signed as " + figure.value().text() + ", and this log gives "
                            + (then == null ? "nothing by a query that can be read" : then.text()) + " " + was);
        }
        if (Words.says(mark.word(), now)) {
            return found(mark, Verdict.HOLDS, figure.query());
        }
        return dated.contains(head.seq())
                ? found(mark, Verdict.DATED, "true " + was + "; now " + now.text())
                : found(
                        mark,
                        Verdict.STALE,
                        "it was true " + was + "; now it is " + now.text()
                                + ", and no day in the text says when it was");
    }

    private @Nullable Value value(long seq, Figure figure) {
        Recount count = counts.get(seq);
        return count == null ? null : count.values().get(figure.query());
    }

    private static Found found(MarkedText.Quoted mark, Verdict verdict, String sentence) {
        return new Found(mark.place(), mark.name(), verdict, sentence);
    }
}
