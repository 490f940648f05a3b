package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mirror.bus.AtomicFiles;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.vault.Noted;
import mirror.vault.Vault;
import mirror.vault.change.Change;
import mirror.vault.upkeep.Audit;
import mirror.vault.upkeep.Distillate;
import mirror.vault.upkeep.Duplicates;
import mirror.vault.upkeep.Limits;
import mirror.vault.upkeep.Review;
import mirror.vault.upkeep.Verified;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What keeps the vault true over the years: a part of {@link VaultCommand}. */
record VaultUpkeep(Core core, Vault vault, boolean json, Out out) {
    /** Lines of each kind that a person is shown of an audit. */
    private static final int SHOWN = 5;

    private LocalDate today() {
        return LocalDate.ofInstant(core.clock().instant(), ZoneOffset.UTC);
    }

    private Limits limits() throws IOException {
        try {
            return Limits.read(core.home().maintenance());
        } catch (Limits.Faulty e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
    }

    private int print(JsonNode node) {
        out.json(node);
        return Exit.OK;
    }

    // ---- review

    int review() throws IOException {
        List<Review.Due> queue = Review.queue(vault.notes(), limits(), today());
        if (json) {
            return print(json(queue));
        }
        queue.forEach(due -> out.line(Style.plain(due.path() + "  " + due.reason())));
        return Exit.OK;
    }

    private static ArrayNode json(List<Review.Due> queue) {
        ArrayNode array = Json.array();
        for (Review.Due due : queue) {
            array.addObject()
                    .put("path", due.path())
                    .put("type", due.type())
                    .put("since", due.since().toString())
                    .put("basis", due.basis())
                    .put("age", due.age())
                    .put("limit", due.limit())
                    .put("overdue", due.overdue())
                    .put("reason", due.reason());
        }
        return array;
    }

    int verified(String path) throws IOException {
        byte[] read = vault.read(path);
        byte[] marked;
        try {
            marked = Verified.on(read, today());
        } catch (Verified.Refused e) {
            throw CliException.no("'" + Style.plain(path) + "' was not changed: " + Style.plain(e.getMessage() + ""));
        }
        Change change = core.changes().write(path, marked, AtomicFiles.digest(read), "owner", "verified");
        return told(
                change,
                change.isChange()
                        ? change.path() + " was verified on " + today()
                        : path + " was marked as verified today before");
    }

    private int told(Change change, String sentence) {
        if (json) {
            return print(Json.object().put("change", change.id()).put("path", change.path()));
        }
        out.line(Style.plain(
                sentence + (change.isChange() ? "; 'mirror vault rollback " + change.id() + "' takes it back" : "")));
        return Exit.OK;
    }

    // ---- duplicates

    int duplicates() {
        Duplicates.Found found = Duplicates.find(vault.notes(), vault::read);
        if (json) {
            return print(json(found));
        }
        int number = 1;
        for (Duplicates.Group group : found.groups()) {
            out.line(number++ + "  "
                    + (group.kind() == Duplicates.Kind.VERSIONS ? "versions of one note" : "nearly the same") + ", "
                    + percent(group.similarity()) + " alike");
            for (Duplicates.Member member : group.members()) {
                out.line(Style.plain("   %4s  %s".formatted(percent(member.similarity()), member.path())));
            }
        }
        if (!found.isComplete()) {
            out.line("so much is alike that not all of it was compared");
        }
        return Exit.OK;
    }

    private static String percent(double share) {
        return (int) Math.floor(share * 100) + "%";
    }

    private static ObjectNode json(Duplicates.Found found) {
        ObjectNode all = Json.object().put("complete", found.isComplete());
        ArrayNode groups = all.putArray("groups");
        for (Duplicates.Group each : found.groups()) {
            ObjectNode group = groups.addObject()
                    .put("group", groups.size())
                    .put("kind", each.kind().name().toLowerCase(Locale.ROOT))
                    .put("similarity", each.similarity());
            ArrayNode notes = group.putArray("notes");
            each.members()
                    .forEach(member -> notes.addObject()
                            .put("path", member.path())
                            .put("similarity", member.similarity())
                            .put("modified", member.modified().toString()));
        }
        return all;
    }

    /** @param names notes, or none when a group is meant */
    int distill(List<String> names, Optional<String> group) throws IOException {
        List<Noted> notes = vault.notes();
        List<String> paths = group.isPresent()
                ? members(notes, group.get())
                : names.stream().distinct().toList();
        if (paths.size() < 2) {
            throw CliException.usage("distill takes two notes or more, or --group N of 'mirror vault duplicates'");
        }
        List<Noted> sources =
                notes.stream().filter(note -> paths.contains(note.path())).toList();
        Distillate made = Distillate.of(sources, vault::read);
        Change change = write(made, "distilled from " + String.join(", ", paths));
        return told(
                change,
                (change.isChange() ? change.path() + " was made of " : change.path() + " is already made of ")
                        + String.join(", ", paths));
    }

    private List<String> members(List<Noted> notes, String number) {
        List<Duplicates.Group> groups = Duplicates.find(notes, vault::read).groups();
        if (!number.matches("[1-9][0-9]{0,6}") || Integer.parseInt(number) > groups.size()) {
            throw CliException.no(
                    "there is no group " + Style.plain(number) + "; 'mirror vault duplicates' shows " + groups.size());
        }
        return groups.get(Integer.parseInt(number) - 1).paths();
    }

    /** Under the first name that is free, or has this text already. */
    private Change write(Distillate made, String why) throws IOException {
        byte[] bytes = made.text().getBytes(StandardCharsets.UTF_8);
        String stem = made.path().replaceFirst("\\.md$", "");
        for (int n = 1; ; n++) {
            String path = n == 1 ? made.path() : stem + " " + n + ".md";
            String there = core.changes().digest(path);
            if (there == null || there.equals(AtomicFiles.digest(bytes))) {
                return core.changes().write(path, bytes, FileWrite.NONE, "owner", why);
            }
        }
    }

    // ---- audit

    int audit() throws IOException {
        List<Change> changes = core.changes().changes();
        Audit audit = Audit.of(vault, changes, limits(), today());
        if (json) {
            print(json(audit));
        } else {
            show(audit);
        }
        return audit.needs().isEmpty() ? Exit.OK : Exit.NO;
    }

    private void show(Audit audit) {
        out.line(vault.root() + ": " + audit.notes() + " notes");
        lines("conflicts to put together", audit.conflicts());
        List<String> faults = new ArrayList<>();
        audit.faults().forEach((path, fault) -> faults.add(path + ": " + fault));
        lines("notes with faults", faults);
        lines(
                "links that lead nowhere",
                audit.broken().stream()
                        .map(each -> each.source() + ":" + each.link().line() + "  "
                                + each.link().target())
                        .toList());
        lines(
                "groups of notes that are alike",
                audit.duplicates().groups().stream()
                        .map(group -> String.join(", ", group.paths()))
                        .toList());
        lines(
                "notes due for review",
                audit.overdue().stream()
                        .map(due -> due.path() + "  " + due.reason())
                        .toList());
        List<String> changed = new ArrayList<>();
        audit.changedSince().forEach((path, how) -> changed.add(path + " (" + how + ")"));
        lines("notes changed since Mirror wrote them", changed);
        lines("notes without a link", audit.orphans());
        out.line(audit.standing() + " changes by Mirror that stand ('mirror vault changes')");
        if (audit.needs().isEmpty()) {
            out.line("nothing needs you");
        }
    }

    private void lines(String what, List<String> all) {
        if (all.isEmpty()) {
            return;
        }
        out.line(all.size() + " " + what);
        all.stream().limit(SHOWN).forEach(each -> out.line(Style.plain("  " + each)));
        if (all.size() > SHOWN) {
            out.line("  … and " + (all.size() - SHOWN) + " more (--json)");
        }
    }

    private static ObjectNode json(Audit audit) {
        ObjectNode all = Json.object().put("notes", audit.notes());
        ObjectNode needs = all.putObject("needs");
        audit.needs().forEach(needs::put);
        audit.conflicts().forEach(all.putArray("conflicts")::add);
        ObjectNode faults = all.putObject("faults");
        audit.faults().forEach(faults::put);
        ArrayNode broken = all.putArray("broken");
        audit.broken()
                .forEach(each -> broken.addObject()
                        .put("source", each.source())
                        .put("line", each.link().line())
                        .put("link", each.link().target()));
        all.set("duplicates", json(audit.duplicates()));
        all.set("overdue", json(audit.overdue()));
        ObjectNode changed = all.putObject("changed-since");
        audit.changedSince().forEach(changed::put);
        audit.orphans().forEach(all.putArray("orphans")::add);
        return all.put("standing", audit.standing());
    }
}
