package mirror.surface.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mirror.bus.Event;
import mirror.bus.organism.DeadLetter;
import mirror.continuity.Handoffs;
import mirror.surface.Core;
import mirror.surface.report.Report.Line;
import mirror.surface.report.Report.Section;
import mirror.surface.signal.Signals;
import mirror.trust.Approvals;
import mirror.trust.Budgets;
import mirror.trust.Denials;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads from the log what happened between two events, and from the folds what is open now. Each section stands on its own: one that cannot
 * be read says so and keeps no other from being told.
 */
final class Night {
    static final String APPROVALS = "Waiting for your answer";
    static final String INCIDENTS = "Heals and incidents";
    static final String ALARMS = "Alarms";

    private static final int LINES = 20;
    private static final Set<String> BAD = Set.of("warning", "failing");
    private static final Set<String> PULSE = Set.of("fix", "incident", "heal", "orphan");
    private static final Set<String> TROUBLED =
            Set.of("failed", "quarantined", "released", "withheld", "unrotated", "unrecorded");

    private final Core core;
    private final long from;
    private final long upto;

    /** Lines of one section as they are found. */
    private static final class Found {
        final List<Line> lines = new ArrayList<>();
        int count;

        void add(String text, String source) {
            count++;
            if (lines.size() < LINES) {
                lines.add(new Line(text, source));
            }
        }

        Section section(String name, String more) {
            if (count > lines.size()) {
                lines.add(new Line("and " + (count - lines.size()) + " more", more));
            }
            return new Section(name, count, lines, null);
        }
    }

    /** Several events of one kind, told by their number and the last of them. */
    private static final class Tally {
        int count;
        String last = "";

        void add(Event event) {
            count++;
            last = event.id();
        }
    }

    private final Found shipped = new Found();
    private final Found work = new Found();
    private final Found alarms = new Found();
    private final Found ends = new Found();
    private final Found captures = new Found();
    private final Set<String> sessions = new LinkedHashSet<>();
    private final Map<String, Tally> incidents = new TreeMap<>();
    private final Map<String, Tally> denials = new LinkedHashMap<>();
    private final Map<String, long[]> costs = new TreeMap<>();
    private String lastCall = "";

    Night(Core core, long from, long upto) {
        this.core = core;
        this.from = from;
        this.upto = upto;
    }

    List<Section> sections() {
        String trouble = null;
        try {
            core.projector().log().replay(from, event -> {
                if (event.seq() <= upto) {
                    read(event);
                }
            });
        } catch (RuntimeException e) {
            trouble = String.valueOf(e.getMessage());
        }
        List<Section> sections = new ArrayList<>();
        add(sections, APPROVALS, null, this::approvals);
        add(sections, ALARMS, trouble, () -> alarms.section(ALARMS, "mirror log --type alarm.raised"));
        add(sections, INCIDENTS, trouble, () -> tallies(INCIDENTS, incidents, "mirror log"));
        add(sections, "Shipped", trouble, () -> shipped.section("Shipped", "mirror ship"));
        add(sections, "Sessions and runs", trouble, this::work);
        add(sections, "Open ends", trouble, this::ends);
        add(sections, "Costs", trouble, this::costs);
        add(sections, "Denials", trouble, () -> tallies("Denials", denials, "mirror denials"));
        add(sections, "Captures", trouble, () -> captures.section("Captures", "mirror triage"));
        add(sections, "Dead letters", null, this::letters);
        add(sections, "Messages that did not arrive", null, this::messages);
        return sections;
    }

    private interface Part {
        Section read();
    }

    private static void add(List<Section> sections, String name, @Nullable String trouble, Part part) {
        if (trouble != null) {
            sections.add(new Section(name, 0, List.of(), trouble));
            return;
        }
        try {
            sections.add(part.read());
        } catch (RuntimeException e) {
            sections.add(new Section(name, 0, List.of(), String.valueOf(e.getMessage())));
        }
    }

    // ---- the log

    private void read(Event event) {
        String name = event.type().substring(event.type().indexOf('.') + 1);
        String noun = name.substring(0, Math.max(0, name.indexOf('.')));
        if (PULSE.contains(noun) || (noun.equals("service") && isTrouble(name, event))) {
            incidents.computeIfAbsent(name, _ -> new Tally()).add(event);
        }
        if (noun.equals("capture")) {
            captures.add(Md.words(event.text("text").isEmpty() ? event.type() : event.text("text")), event.id());
        }
        switch (event.type()) {
            case "mirror.session.opened.v1" -> sessions.add(String.valueOf(event.session()));
            case "mirror.session.completed.v1" -> completed(event);
            case "mirror.agent.ended.v1" ->
                work.add(
                        "run " + Md.words(event.text("run")) + " of " + Md.words(event.text("client")) + " ended: "
                                + Md.words(event.text("reason")),
                        event.id());
            case "mirror.swarm.closed.v1" ->
                work.add("swarm " + Md.words(event.text("run")) + ": " + Md.words(event.text("state")), event.id());
            case "mirror.alarm.raised.v1" -> alarms.add(Md.words(event.text("text")), event.id());
            case "mirror.check.changed.v1" -> checked(event);
            case "mirror.upkeep.failed.v1" -> alarms.add("upkeep: " + Md.words(event.text("reason")), event.id());
            case "mirror.action.decided.v1" -> decided(event);
            case "mirror.calls.completed.v1" -> calls(event);
            case "mirror.triage.moved.v1" ->
                captures.add(Md.words(event.text("from")) + " \u2192 " + Md.words(event.text("to")), event.id());
            default -> {
                // Not for the morning.
            }
        }
    }

    /** What a service does when all is well is no news; that it was started again is. */
    private static boolean isTrouble(String name, Event event) {
        String verb = name.substring("service.".length()).replaceFirst("\\.v[0-9]+$", "");
        return switch (verb) {
            case "exited" -> !event.data().path("expected").asBoolean(false);
            case "started" -> Set.of("restart", "canary").contains(event.text("cause"));
            default -> TROUBLED.contains(verb);
        };
    }

    /** What broke, and what was mended; that something was looked at for the first time is no news. */
    private void checked(Event event) {
        if (BAD.contains(event.text("to")) || BAD.contains(event.text("from"))) {
            incidents
                    .computeIfAbsent(
                            "check " + Md.words(event.text("check")) + " \u2192 " + Md.words(event.text("to")),
                            _ -> new Tally())
                    .add(event);
        }
    }

    private void completed(Event event) {
        shipped.add(Md.words(event.text("summary")), event.id());
        for (JsonNode open : event.data().path("open")) {
            ends.add(Md.words(open.asString(open.toString())), event.id());
        }
    }

    private void decided(Event event) {
        if (event.text("verdict").equals("block") && !Denials.DRILL.equals(event.session())) {
            denials.computeIfAbsent(
                            Md.words(event.actor()) + ", rule " + Md.words(event.text("rule")), _ -> new Tally())
                    .add(event);
        }
    }

    private void calls(Event event) {
        for (JsonNode call : event.data().path("calls")) {
            String name = Md.words(call.path("provider").asString("") + " "
                    + call.path("model").asString(""));
            long[] sum = costs.computeIfAbsent(name, _ -> new long[4]);
            sum[0]++;
            sum[1] += call.path("money").asLong(0);
            sum[2] += call.path("in").asLong(0) + call.path("out").asLong(0);
            sum[3] += call.path("unreported").asLong(0);
        }
        lastCall = event.id();
    }

    // ---- sections

    private Section work() {
        if (!sessions.isEmpty()) {
            work.lines.addFirst(new Line(
                    sessions.size() + (sessions.size() == 1 ? " session" : " sessions") + " opened", "mirror session"));
            work.count += sessions.size();
        }
        return work.section("Sessions and runs", "mirror session");
    }

    private static Section tallies(String name, Map<String, Tally> tallies, String more) {
        Found found = new Found();
        tallies.forEach((what, tally) -> found.add(tally.count + " \u00d7 " + what, tally.last));
        Section section = found.section(name, more);
        return new Section(
                name, tallies.values().stream().mapToInt(each -> each.count).sum(), section.lines(), null);
    }

    private Section approvals() {
        Found found = new Found();
        for (Approvals.Request request : core.state().approvals().list()) {
            if (request.status() == Approvals.Status.PENDING) {
                found.add(Md.words(request.tool() + ": " + request.reason()), "mirror approve " + request.id());
            }
        }
        return found.section(APPROVALS, "mirror approvals");
    }

    private Section ends() {
        for (Handoffs.Handoff handoff : core.state().continuity().handoffs().list()) {
            if (core.state().continuity().handoffs().waits(handoff)) {
                ends.add("handoff: " + Md.words(handoff.task()), "mirror handoff");
            }
        }
        return ends.section("Open ends", "mirror continuity");
    }

    private Section costs() {
        Found found = new Found();
        long money = 0;
        for (Map.Entry<String, long[]> each : costs.entrySet()) {
            long[] sum = each.getValue();
            money += sum[1];
            found.add(
                    String.format(
                            Locale.ROOT,
                            "%s: %s, %,d calls, %,d tokens%s",
                            each.getKey(),
                            dollars(sum[1]),
                            sum[0],
                            sum[2],
                            sum[3] == 0 ? "" : String.format(Locale.ROOT, ", %,d not reported", sum[3])),
                    lastCall);
        }
        if (costs.size() > 1) {
            found.add("together " + dollars(money), "mirror cost");
        }
        int count = found.count;
        for (Budgets.Line line : core.state().budgets().list()) {
            if (line.limit() >= 0 && line.unit() == Budgets.Unit.MONEY) {
                found.add(
                        "budget of " + Md.words(line.agent()) + ": " + dollars(line.spent()) + " of "
                                + dollars(line.limit() + line.extra()) + " today",
                        "mirror budget");
            }
        }
        Section section = found.section("Costs", "mirror cost");
        return new Section("Costs", count, section.lines(), null);
    }

    private static String dollars(long millionths) {
        // A bare dollar sign may begin a formula.
        return "\\$" + BigDecimal.valueOf(millionths, 6).setScale(4, RoundingMode.UP);
    }

    private Section letters() {
        Found found = new Found();
        var organisms = core.organisms();
        if (organisms == null) {
            return new Section("Dead letters", 0, List.of(), "only the daemon knows them; mirror boot starts it");
        }
        for (DeadLetter letter : organisms.letters()) {
            found.add(Md.words(letter.organism() + ": " + letter.reason()), letter.event());
        }
        return found.section("Dead letters", "mirror organisms letters");
    }

    private Section messages() {
        Found found = new Found();
        for (Signals.Sent sent : core.signals().deliveries()) {
            if (!sent.state().equals("delivered")
                    && !sent.reason().isEmpty()
                    && !sent.reason().equals("duplicate")) {
                found.add(
                        Md.words(sent.route() + ": " + sent.state() + ", " + sent.reason()),
                        "mirror signal show " + sent.message());
            }
        }
        return found.section("Messages that did not arrive", "mirror signal deliveries");
    }
}
