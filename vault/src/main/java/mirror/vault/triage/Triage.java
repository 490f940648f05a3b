package mirror.vault.triage;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Staging;
import mirror.vault.change.EditedJustNow;
import mirror.vault.change.VaultChanges;
import mirror.vault.triage.Planner.Planned;
import mirror.vault.triage.Planner.Seen;
import mirror.vault.triage.Step.Action;
import mirror.vault.triage.TriageRuns.Held;
import mirror.vault.triage.TriageRuns.Moved;
import mirror.vault.triage.TriageRuns.Run;
import org.jspecify.annotations.Nullable;

/**
 * Puts what was dropped where the owner's rules say, and tells why.
 *
 * <p>A run looks, plans, and follows its plan; each move is one change of the vault, which can be taken back, and one event. What a
 * crash left is settled before anything else: moves without their event from the vault's list of changes, half-done bundles from
 * their staged folder. So a run that is repeated, after a crash at any point or none, ends where one run ends.
 *
 * <p>Must never: take from where the rules do not say, put outside of the vault, replace, delete what was dropped, or do what the dry
 * run does not tell. A rules file with a fault moves nothing. Thread-safe; one thing at a time.
 */
public final class Triage {
    /** How often there is a look where no rules say it. */
    private static final Duration EVERY = Duration.ofMinutes(30);

    private static final DateTimeFormatter RUN =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Path root;
    private final Home home;
    private final Path user;
    private final Moves moves;
    private final Staging staging;
    private final TriageRuns runs;
    private final Consumer<Draft> events;
    private final InstantSource clock;
    private final ZoneId zone;
    private final Predicate<String> linked;
    private final Looks looks;
    /** What failed, and when it is worth another try. */
    private final Map<Path, Instant> later = new HashMap<>();

    private @Nullable Report last;
    private volatile boolean stopped;

    /**
     * What a run did, or would do.
     *
     * @param run id by which it can be taken back; empty when nothing was moved
     * @param steps one for each thing that lies there
     * @param troubles what kept something from being looked at
     * @param again when something that waits may be ready, or empty
     */
    public record Report(String run, List<Step> steps, List<String> troubles, Optional<Duration> again) {
        static Report trouble(String sentence) {
            return new Report("", List.of(), List.of(sentence), Optional.empty());
        }

        /** How many steps have this action. */
        public long count(Action action) {
            return steps.stream().filter(step -> step.action() == action).count();
        }
    }

    /**
     * How triage stands.
     *
     * @param rules where the rules come from
     * @param fault why nothing moves, or empty
     * @param inbox folder of the vault
     * @param drop whether the vault's root is looked at too
     * @param pulled folders outside of the vault
     * @param every how often, at least
     * @param runs newest first
     * @param last what the last look of this process found, if there was one
     */
    public record Status(
            String rules,
            String fault,
            String inbox,
            boolean drop,
            List<Path> pulled,
            Duration every,
            Duration stable,
            List<Run> runs,
            Optional<Report> last) {}

    /**
     * What was taken back.
     *
     * @param moves the newest first
     * @param trouble why not all of the run, or empty
     */
    public record Undone(String run, List<Moved> moves, String trouble) {}

    /**
     * Touches nothing yet.
     *
     * @param root the vault
     * @param user the person's home folder
     * @param events takes an event durably and lets {@code runs} know, or throws {@link BusException}
     * @param zone whose days count in the paths that rules make
     * @param linked whether a note links to the file at a path of the vault; such a file in the root was not dropped there
     */
    public Triage(
            Path root,
            Home home,
            Path user,
            VaultChanges changes,
            Staging staging,
            TriageRuns runs,
            Consumer<Draft> events,
            InstantSource clock,
            ZoneId zone,
            Predicate<String> linked) {
        this(root, home, user, Moves.of(changes), staging, runs, events, clock, zone, linked);
    }

    Triage(
            Path root,
            Home home,
            Path user,
            Moves moves,
            Staging staging,
            TriageRuns runs,
            Consumer<Draft> events,
            InstantSource clock,
            ZoneId zone,
            Predicate<String> linked) {
        this.root = root;
        this.home = home;
        this.user = user;
        this.moves = moves;
        this.staging = staging;
        this.runs = runs;
        this.events = events;
        this.clock = clock;
        this.zone = zone;
        this.linked = linked;
        this.looks = new Looks(clock);
    }

    // ---- rules

    /** The text of the rules that count: the owner's, or the built-in ones. */
    public String rulesText() throws IOException {
        if (!Files.exists(home.triage(), LinkOption.NOFOLLOW_LINKS)) {
            return Rules.DEFAULT;
        }
        if (Files.size(home.triage()) > RulesFile.MAX_BYTES) {
            throw new IOException("it is larger than " + RulesFile.MAX_BYTES / 1024 + " KB");
        }
        try {
            return Files.readString(home.triage());
        } catch (CharacterCodingException e) {
            throw new IOException("it is not UTF-8 text; save it as UTF-8");
        }
    }

    private Rules rules() throws RulesFile.Faulty {
        try {
            return RulesFile.parse(rulesText(), user);
        } catch (IOException e) {
            throw new RulesFile.Faulty(String.valueOf(e.getMessage()));
        }
    }

    public synchronized Status status() {
        String source = Files.exists(home.triage(), LinkOption.NOFOLLOW_LINKS)
                ? home.triage().toString()
                : "built in";
        Rules rules = null;
        String fault = "";
        try {
            rules = rules();
        } catch (RulesFile.Faulty e) {
            fault = String.valueOf(e.getMessage());
        }
        return new Status(
                source,
                fault,
                rules == null ? "" : rules.inbox(),
                rules != null && rules.drop(),
                rules == null ? List.of() : rules.pull(),
                rules == null ? EVERY : rules.every(),
                rules == null ? Duration.ZERO : rules.stable(),
                runs.runs(),
                Optional.ofNullable(last));
    }

    // ---- looking and planning

    /** What {@link #run} would do now. Changes nothing. */
    public synchronized Report plan() {
        try {
            Plan plan = look().plan;
            return new Report("", plan.steps.stream().map(Planned::step).toList(), plan.troubles, plan.again);
        } catch (RulesFile.Faulty e) {
            return faulty(e);
        } catch (IOException e) {
            return Report.trouble(unreadable(e));
        }
    }

    private record Look(Places places, Plan plan) {}

    private record Plan(List<Planned> steps, List<String> troubles, Optional<Duration> again) {}

    private Report faulty(RulesFile.Faulty e) {
        return Report.trouble("nothing is moved, because of " + home.triage() + ": " + e.getMessage());
    }

    private String unreadable(IOException e) {
        return e instanceof NoSuchFileException
                ? "there is no folder " + root + ", so nothing can be put there"
                : root + " cannot be looked at: " + e.getMessage();
    }

    private Look look() throws RulesFile.Faulty, IOException {
        Rules rules = rules();
        Path vault = root.toRealPath();
        Places places = new Places(vault, user, home);
        Places.Found found = places.look(rules);
        looks.retain(found.entries().stream().map(Entry::path).collect(Collectors.toSet()));
        List<Seen> seen = found.entries().stream()
                .map(entry -> new Seen(entry, looks.isSettled(entry, rules.stable())))
                .toList();
        Planner planner = new Planner(
                rules,
                vault,
                zone,
                new Disk(vault, rules),
                path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS),
                clock.instant());
        List<Planned> steps = planner.plan(seen);
        return new Look(places, new Plan(steps, found.troubles(), planner.again()));
    }

    /** What the planner asks, answered from the disk and from what was decided before. */
    private final class Disk implements Planner.Inspector {
        private final Path vault;
        private final int bytes;

        Disk(Path vault, Rules rules) {
            this.vault = vault;
            boolean words =
                    rules.rules().stream().anyMatch(rule -> !rule.when().text().isEmpty());
            this.bytes = words ? Content.TEXT : Content.HEAD;
        }

        @Override
        public Content content(Entry entry) throws IOException {
            return entry.folder()
                    ? Content.FOLDER
                    : Content.read(entry.path(), Names.ending(entry.name()).equals("md"), bytes);
        }

        @Override
        public Bundle.Survey survey(Entry entry) throws IOException {
            try (Bundle bundle = Bundle.open(entry.path(), Bundle.Limits.STANDARD)) {
                return bundle.survey();
            }
        }

        @Override
        public boolean isLinked(String path) {
            return linked.test(path);
        }

        @Override
        public String obstacle(Entry entry, List<String> folders) {
            Instant again = later.get(entry.path());
            if (again != null && clock.instant().isBefore(again)) {
                return "it could not be moved; that is tried again at " + again;
            }
            try {
                boolean unpacked = folders.size() > 1;
                if ((unpacked && !isHere(Files.exists(home.staging()) ? home.staging() : home.root()))
                        || (entry.folder() && !isHere(entry.path()))) {
                    return "a whole folder cannot be moved into the vault from another file system; move it by hand";
                }
                for (String folder : folders) {
                    if (!isInside(folder)) {
                        return "'" + folder + "' is no folder, or a link leads out of the vault there";
                    }
                }
                return "";
            } catch (IOException e) {
                return "it cannot be looked at: " + e.getMessage();
            }
        }

        /** Whether as much of the path as there is are folders of the vault, wherever its links lead. */
        private boolean isInside(String folder) throws IOException {
            Path there = vault;
            for (Path part : Path.of(folder)) {
                there = there.resolve(part);
                if (!Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
                    return true;
                }
                if (!Files.isDirectory(there) || !there.toRealPath().startsWith(vault)) {
                    return false;
                }
            }
            return true;
        }

        private boolean isHere(Path path) throws IOException {
            return Files.getFileStore(path).equals(Files.getFileStore(vault));
        }

        @Override
        public Optional<Held> held(String path) {
            return runs.held(path);
        }
    }

    // ---- running

    /** Looks now, and moves what is ready. What failed before is tried again. */
    public synchronized Report runNow() {
        later.clear();
        return run();
    }

    /** Looks, and moves what is ready. Never throws for what lies there: what fails is an event, once, and is tried later. */
    public synchronized Report run() {
        Report report;
        try {
            Filing filing = filing();
            filing.settle();
            Look look = look();
            report = follow(look, filing);
        } catch (RulesFile.Faulty e) {
            report = faulty(e);
        } catch (IOException e) {
            report = Report.trouble(unreadable(e));
        } catch (BusException e) {
            // The next run finds what this one did in the vault's list of changes.
            report = Report.trouble("the log takes no events: " + e.getMessage());
        } catch (RuntimeException e) {
            report = Report.trouble("a fault of Mirror's kept triage from going on: " + e);
        }
        last = report;
        try {
            for (String trouble : report.troubles) {
                fail("", trouble);
            }
        } catch (BusException e) {
            // It is in the report, and is recorded when the log takes events again.
        }
        return report;
    }

    private Filing filing() throws IOException {
        return new Filing(root.toRealPath(), moves, staging, runs, events);
    }

    private Report follow(Look look, Filing filing) {
        String run = freshId();
        List<Step> steps = new ArrayList<>();
        boolean moved = false;
        for (Planned planned : look.plan.steps) {
            Step step = planned.step();
            if (stopped && step.isMove()) {
                step = step.waiting("Mirror is being stopped");
            } else if (step.isMove()) {
                step = follow(planned, look.places, filing, run);
                moved |= step.isMove();
            } else if (step.action() == Action.REFUSE) {
                refuse(planned);
            }
            steps.add(step);
        }
        return new Report(moved ? run : "", List.copyOf(steps), look.plan.troubles, look.plan.again);
    }

    private Step follow(Planned planned, Places places, Filing filing, String run) {
        Step step = planned.step();
        try {
            Entry now = places.again(planned.entry());
            if (!now.stamp().equals(planned.entry().stamp())) {
                return step.waiting("it changed while it was looked at");
            }
            return step.action() == Action.UNPACK
                    ? filing.unpack(planned, run)
                    : filing.move(planned.entry(), step, run);
        } catch (EditedJustNow e) {
            return step.waiting(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            Instant again = clock.instant().plus(EVERY);
            later.put(planned.entry().path(), again);
            String why = "it could not be moved: " + e.getMessage();
            fail(step.path(), why);
            return step.refused(why);
        }
    }

    /** By the second it began, and a number where that is not enough. */
    private String freshId() {
        String id = RUN.format(clock.instant());
        String free = id;
        for (int n = 2; runs.run(free).isPresent(); n++) {
            free = id + "-" + n;
        }
        return free;
    }

    /** A bundle that is not to be unpacked is looked through once. */
    private void refuse(Planned planned) {
        Step step = planned.step();
        if (planned.refused()
                && runs.held(step.path())
                        .filter(was -> was.stamp().equals(planned.entry().stamp()))
                        .isEmpty()) {
            events.accept(Draft.of(
                    TriageRuns.REFUSED,
                    Marks.ACTOR,
                    Json.object()
                            .put("path", step.path())
                            .put("stamp", planned.entry().stamp())
                            .put("rule", step.rule())
                            .put("reason", step.reason())));
        }
    }

    private void fail(String path, String reason) {
        if (!runs.isKnownFailure(path, reason)) {
            events.accept(Draft.of(
                    TriageRuns.FAILED,
                    Marks.ACTOR,
                    Json.object().put("path", path).put("reason", reason)));
        }
    }

    /** Ends a run that is under way after the move it is at. */
    void stop() {
        stopped = true;
    }

    // ---- taking back

    /**
     * Takes back what a run did, the newest move first, and stops at the first that cannot be; what was dropped then lies where it
     * was, and stays there until it changes. Called again it goes on.
     *
     * @param id of the run, or empty for the newest that stands
     * @throws IOException when there is no such run, or the vault cannot be read
     */
    public synchronized Undone undo(String id) throws IOException {
        Filing filing = filing();
        filing.settle();
        Run run = (id.isEmpty()
                        ? runs.runs().stream().filter(each -> !each.isUndone()).findFirst()
                        : runs.run(id))
                .orElseThrow(() -> new IOException(
                        id.isEmpty()
                                ? "there is no run of triage to take back"
                                : "there is no run '" + id + "' of triage; 'mirror triage status' lists them"));
        List<Moved> undone = new ArrayList<>();
        String trouble = "";
        for (Moved move : run.moves().reversed()) {
            if (move.undone()) {
                continue;
            }
            try {
                moves.rollback(move.change());
                undone.add(move);
            } catch (IOException e) {
                trouble = String.valueOf(e.getMessage());
                break;
            }
        }
        filing.settle();
        if (undone.isEmpty() && trouble.isEmpty()) {
            trouble = "the run " + run.id() + " was taken back already";
        }
        return new Undone(run.id(), undone, trouble);
    }
}
