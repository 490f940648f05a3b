package mirror.surface.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import mirror.bus.Draft;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.signal.Notices;
import mirror.vault.change.Change;
import mirror.vault.change.ChangeRefused;
import mirror.vault.change.EditedJustNow;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the morning report: a note in the vault, a message of numbers alone, and the event that says it was made, in this order. Which
 * day's is due follows from the clock on the wall and from what the log says was made, so restarts, sleep, changed clocks and time zones
 * make none twice. A crash between the steps makes the note again and sends no second message.
 *
 * <p>Never replaces what the owner wrote: then the report goes to a note beside. One thread at a time calls {@link #tick}.
 */
public final class MorningReport {
    /** Nobody calls a report late that comes within a tick or two of its hour. */
    private static final Duration PUNCTUAL = Duration.ofMinutes(10);

    private static final int DEFAULT = 3;
    private static final int HIGH = 4;

    private final Core core;
    private final @Nullable ReportHour hour;

    public MorningReport(Core core) {
        this.core = core;
        LocalTime time = core.config().report();
        this.hour = time == null ? null : new ReportHour(time, core.config().zone());
    }

    private ReportLedger ledger() {
        return core.state().reports();
    }

    /** When the next one is due; nothing when none is wanted. */
    public Optional<Instant> next() {
        return Optional.ofNullable(hour).map(each -> each.next(core.clock().instant()));
    }

    /**
     * Makes the report that is due, if one is.
     *
     * @return whether one was made
     * @throws IOException when it could not be written; it is tried again at the next tick
     */
    public boolean tick() throws IOException {
        ReportHour due = hour;
        Instant now = core.clock().instant();
        if (due == null) {
            return false;
        }
        Optional<LocalDate> date = due.now(
                now, day -> ledger().get(day).isPresent(), ledger().first().orElse(now));
        if (date.isEmpty()) {
            return false;
        }
        boolean late = Duration.between(due.due(date.get()), now).compareTo(PUNCTUAL) > 0;
        try {
            make(read(date.get(), late));
            return true;
        } catch (EditedJustNow e) {
            // The owner is at that note; it is written at a later tick.
            return false;
        } catch (ChangeRefused e) {
            throw new IOException("the morning report could not be written: " + e.getMessage(), e);
        }
    }

    /** What a report made now would say of what happened since the last one. */
    public ObjectNode now() {
        return read(today(), false).json();
    }

    /** The same as a note. */
    public String nowText() {
        return read(today(), false).markdown();
    }

    private LocalDate today() {
        return core.clock().instant().atZone(core.config().zone()).toLocalDate();
    }

    private Report read(LocalDate date, boolean late) {
        long upto = core.projector().log().durable();
        long from = Math.min(ledger().upto(), upto) + 1;
        return new Report(
                date,
                core.config().zone(),
                core.clock().instant(),
                late,
                from,
                upto,
                new Night(core, from, upto).sections());
    }

    private static String path(LocalDate date) {
        return "Mirror/reports/" + date + ".md";
    }

    private void make(Report report) throws IOException {
        byte[] bytes = report.markdown().getBytes(StandardCharsets.UTF_8);
        String path = path(report.date());
        Change change = core.changes().write(path, bytes, base(path), "daemon", "the morning report");
        core.signals()
                .say(
                        Notices.TOPIC,
                        "Morning report, " + report.date(),
                        report.brief(),
                        report.isUrgent() ? HIGH : DEFAULT,
                        List.of("sunrise"),
                        "report/" + report.date());
        core.projector()
                .record(Draft.of(
                                ReportLedger.MADE,
                                "daemon",
                                Json.object()
                                        .put("date", report.date().toString())
                                        .put("zone", report.zone().toString())
                                        .put("from", report.from())
                                        .put("upto", report.upto())
                                        .put("late", report.late())
                                        .put("path", change.path())
                                        .put("sha256", change.after()))
                        .subject(report.date().toString()));
    }

    /** What may be replaced: a note that Mirror made and that is as it made it, which a crash has left without its event. */
    private String base(String path) throws IOException {
        String now = core.changes().digest(path);
        boolean isOurs = now != null
                && core.changes().changes().stream()
                        .anyMatch(change -> change.path().equals(path)
                                && change.by().equals("daemon")
                                && now.equals(change.after()));
        return isOurs ? Objects.requireNonNull(now) : FileWrite.NONE;
    }

    /**
     * The report of a day as it stands in the vault, or what is known of it.
     *
     * @param date null: the last one
     * @return nothing when none was made
     */
    public Optional<ObjectNode> stored(@Nullable LocalDate date) throws IOException {
        Optional<ReportLedger.Made> made = date == null ? ledger().last() : ledger().get(date);
        if (made.isEmpty()) {
            return Optional.empty();
        }
        Path file = core.config().vault().resolve(made.get().path());
        ObjectNode json = Json.object()
                .put("date", made.get().date())
                .put("late", made.get().late())
                .put("upto", made.get().upto())
                .put("made", made.get().at().toString())
                .put("path", file.toString());
        return Optional.of(json.put("text", Files.isRegularFile(file) ? Files.readString(file) : null));
    }
}
