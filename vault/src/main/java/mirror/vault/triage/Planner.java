package mirror.vault.triage;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import mirror.vault.change.VaultChanges;
import mirror.vault.triage.Entry.Obstacle;
import mirror.vault.triage.Step.Action;
import mirror.vault.triage.TriageRuns.Held;

/**
 * What is to be done with what lies there. Decides, and does nothing: a dry run is this alone, a run is this and then the moves, so
 * that the one tells what the other does.
 */
final class Planner {
    /** What can be known of an entry beyond its name, size and time. */
    interface Inspector {
        Content content(Entry entry) throws IOException;

        /** @throws Bundle.Refused when it is not to be unpacked */
        Bundle.Survey survey(Entry entry) throws IOException;

        /**
         * Why an entry cannot be moved as it should be, or empty.
         *
         * @param folders of the vault that it, or what is in it, shall be put into
         */
        String obstacle(Entry entry, List<String> folders);

        /** Whether a note links to the file at this path of the vault. */
        boolean isLinked(String path);

        /** What was decided before about the entry at this path. */
        Optional<Held> held(String path);
    }

    /**
     * A step and what it is about.
     *
     * @param survey of a bundle that is to be unpacked
     * @param refused whether it is a bundle that was looked through and must not be
     */
    record Planned(Entry entry, Step step, Optional<Bundle.Survey> survey, boolean refused) {}

    /** @param settled whether it looked like this for long enough */
    record Seen(Entry entry, boolean settled) {}

    private final Rules rules;
    private final Path vault;
    private final ZoneId zone;
    private final Inspector inspector;
    private final Predicate<Path> exists;
    private final Instant now;
    private final Set<String> planned = new HashSet<>();
    private Optional<Duration> again = Optional.empty();

    /**
     * For one plan.
     *
     * @param vault without links
     * @param zone of the days in paths
     * @param exists whether something has this absolute name now
     */
    Planner(Rules rules, Path vault, ZoneId zone, Inspector inspector, Predicate<Path> exists, Instant now) {
        this.rules = rules;
        this.vault = vault;
        this.zone = zone;
        this.inspector = inspector;
        this.exists = exists;
        this.now = now;
    }

    /** One step for each entry, in their order; the owner's own notes in the root are passed over. */
    List<Planned> plan(List<Seen> seen) {
        List<Planned> plan = new ArrayList<>();
        for (Seen each : seen) {
            plan(each).ifPresent(plan::add);
        }
        return plan;
    }

    /** After how long the first of what waits may be ready; empty when nothing waits for time alone. */
    Optional<Duration> again() {
        return again;
    }

    private void wait(Duration time) {
        again = Optional.of(again.filter(soon -> soon.compareTo(time) < 0).orElse(time));
    }

    private Optional<Planned> plan(Seen seen) {
        Entry entry = seen.entry();
        Step none = new Step(Action.STAY, shown(vault, entry.path()), "", "", "", "");
        switch (entry.obstacle()) {
            case Obstacle.Unfinished(String why) -> {
                // What is hidden in the vault's own folder is the owner's, or another program's.
                return entry.place() == Entry.Place.ROOT ? Optional.empty() : step(entry, none.waiting(why));
            }
            case Obstacle.Unfit(String why) -> {
                return step(entry, none.refused(why));
            }
            case Obstacle.None() -> {}
        }
        boolean own = entry.place() == Entry.Place.ROOT && entry.isNoteByName();
        if (!own && entry.place() == Entry.Place.ROOT && inspector.isLinked(none.path())) {
            return step(
                    entry,
                    new Step(Action.STAY, none.path(), "", "", "", "a note links to it, so it is where it belongs"));
        }
        if (!seen.settled()) {
            wait(rules.stable());
            return own
                    ? Optional.empty()
                    : step(
                            entry,
                            none.waiting("it may still be written; it must be unchanged for "
                                    + rules.stable().toSeconds() + " s"));
        }
        Duration edited = Duration.between(entry.modified(), now).abs();
        if (!own && edited.compareTo(VaultChanges.QUIET) < 0) {
            wait(VaultChanges.QUIET.minus(edited).plusSeconds(1));
            return step(
                    entry,
                    none.waiting("it was edited a moment ago; nothing is moved that was edited in the last "
                            + VaultChanges.QUIET.toSeconds() + " s"));
        }
        try {
            Content content = inspector.content(entry);
            for (Rule rule : rules.rules()) {
                if (rule.fits(entry, content)) {
                    return step(entry, content, rule, none);
                }
            }
            return own ? Optional.empty() : step(entry, new Step(Action.STAY, none.path(), "", "", "", "no rule fits"));
        } catch (IOException e) {
            return step(entry, none.refused("it cannot be read: " + e.getMessage()));
        }
    }

    private static Optional<Planned> step(Entry entry, Step step) {
        return Optional.of(new Planned(entry, step, Optional.empty(), false));
    }

    private Optional<Planned> step(Entry entry, Content content, Rule rule, Step none) throws IOException {
        Step fitted = new Step(Action.STAY, none.path(), "", "", rule.name(), rule.reason() + mismatch(entry, content));
        Destination to = rule.to();
        if (to == null) {
            return step(entry, fitted);
        }
        Destination unpack = rule.unpack();
        String folder;
        String unpackedIn;
        try {
            folder = to.of(entry, content, rules.types(), zone);
            unpackedIn = unpack == null ? "" : unpack.of(entry, content, rules.types(), zone);
            Destination.check(folder + "/" + entry.name());
        } catch (Destination.Unclear e) {
            return step(entry, fitted.refused("it is not clear where it goes: " + e.getMessage()));
        }
        Optional<Held> held =
                inspector.held(none.path()).filter(was -> was.stamp().equals(entry.stamp()));
        if (held.isPresent() && held.get().stands(rule.name(), folder, unpack != null)) {
            return step(
                    entry,
                    held.get().undone()
                            ? new Step(
                                    Action.STAY,
                                    none.path(),
                                    "",
                                    "",
                                    rule.name(),
                                    held.get().reason())
                            : fitted.refused(held.get().reason()));
        }
        String obstacle = inspector.obstacle(entry, unpack == null ? List.of(folder) : List.of(folder, unpackedIn));
        if (!obstacle.isEmpty()) {
            return step(entry, fitted.refused(obstacle));
        }
        Optional<Bundle.Survey> survey = Optional.empty();
        if (unpack != null) {
            try {
                survey = Optional.of(inspector.survey(entry));
            } catch (Bundle.Refused e) {
                return Optional.of(new Planned(
                        entry, fitted.refused("the bundle stays packed: it " + e.getMessage()), survey, true));
            }
        }
        String place = take(folder + "/" + entry.name(), entry.folder());
        String unpacked = unpack == null ? "" : take(unpackedIn + "/" + Names.stem(entry.name()), true);
        return Optional.of(new Planned(
                entry,
                new Step(
                        unpack == null ? Action.MOVE : Action.UNPACK,
                        none.path(),
                        place,
                        unpacked,
                        rule.name(),
                        rule.reason()),
                survey,
                false));
    }

    /** A free name in the vault, which the rest of this plan leaves alone; case does not tell two names apart. */
    private String take(String wanted, boolean folder) {
        Path free = Names.free(vault.resolve(wanted), folder, path -> exists.test(path) || planned.contains(key(path)));
        planned.add(key(free));
        return shown(vault, free);
    }

    private static String key(Path path) {
        return path.toString().toLowerCase(Locale.ROOT);
    }

    /** A name that promises something else than the bytes hold is told, since no rule will have fitted because of it. */
    private static String mismatch(Entry entry, Content content) {
        String ending = Names.ending(entry.name());
        String promised = switch (ending) {
            case "pdf" -> "application/pdf";
            case "zip" -> MediaType.ZIP;
            case "png", "gif", "webp" -> "image/" + ending;
            case "jpg", "jpeg" -> "image/jpeg";
            default -> "";
        };
        return entry.folder() || promised.isEmpty() || promised.equals(content.type())
                ? ""
                : " (its name says " + ending + ", its bytes are " + content.type() + ")";
    }

    /** From the vault's root in '/', or absolute when it lies outside. */
    static String shown(Path vault, Path path) {
        return path.startsWith(vault) ? vault.relativize(path).toString().replace('\\', '/') : path.toString();
    }
}
