package mirror.vault.triage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mirror.bus.Home;
import mirror.vault.triage.Entry.Place;

/**
 * Where things may be taken from: the inbox, the vault's root, the folders that the owner's rules name; nowhere else, whatever a link
 * says. Stateless but for the folders it was given.
 */
final class Places {
    private final Path vault;
    private final Path user;
    private final Home home;

    /**
     * One place that can be looked at.
     *
     * @param folder without links
     */
    record Source(Place place, Path folder) {}

    /**
     * What was found.
     *
     * @param troubles a sentence for each place that cannot be looked at
     */
    record Found(List<Source> sources, List<Entry> entries, List<String> troubles) {}

    /** @param vault without links */
    Places(Path vault, Path user, Home home) {
        this.vault = vault;
        this.user = user;
        this.home = home;
    }

    Found look(Rules rules) {
        List<String> troubles = new ArrayList<>();
        List<Source> sources = sources(rules, troubles);
        Set<String> filled = rules.filled();
        List<Entry> entries = new ArrayList<>();
        for (Source source : sources) {
            try {
                Sources.entries(source.place, source.folder).stream()
                        .filter(entry -> source.place != Place.INBOX || !filled.contains(entry.name()))
                        .forEach(entries::add);
            } catch (IOException e) {
                troubles.add(source.folder + " cannot be looked at: " + e.getMessage());
            }
        }
        return new Found(sources, entries, troubles);
    }

    private List<Source> sources(Rules rules, List<String> troubles) {
        List<Source> sources = new ArrayList<>();
        Path inbox = vault.resolve(rules.inbox());
        if (Files.exists(inbox, LinkOption.NOFOLLOW_LINKS)) {
            add(new Source(Place.INBOX, inbox), inbox, sources, troubles);
        }
        if (rules.drop()) {
            sources.add(new Source(Place.ROOT, vault));
        }
        for (Path folder : rules.pull()) {
            if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                troubles.add("there is no folder " + folder);
                continue;
            }
            Path place = folder;
            try {
                // Above the person's home the system may have links of its own.
                place = folder.startsWith(user) ? user.toRealPath().resolve(user.relativize(folder)) : folder;
            } catch (IOException e) {
                // Said below.
            }
            if (place.startsWith(vault) || vault.startsWith(place)) {
                troubles.add(folder + " is not looked at: it lies in the vault or holds it");
            } else if (place.startsWith(home.root()) || home.root().startsWith(place)) {
                troubles.add(folder + " is not looked at: it holds what belongs to Mirror itself");
            } else {
                add(new Source(Place.PULL, place), folder, sources, troubles);
            }
        }
        return sources;
    }

    private static void add(Source source, Path named, List<Source> sources, List<String> troubles) {
        try {
            if (!isItself(source)) {
                troubles.add(
                        named + " is not looked at: it is no folder, or a link leads there; name the folder itself");
            } else {
                sources.add(source);
            }
        } catch (IOException e) {
            troubles.add(named + " cannot be looked at: " + e.getMessage());
        }
    }

    private static boolean isItself(Source source) throws IOException {
        return Files.isDirectory(source.folder, LinkOption.NOFOLLOW_LINKS)
                && source.folder.toRealPath().equals(source.folder);
    }

    /** The entry as it is now, or an exception when it is not where it was, or a link leads there. */
    Entry again(Entry entry) throws IOException {
        Path folder = entry.path().getParent();
        if (folder == null || !isItself(new Source(entry.place(), folder))) {
            throw new IOException("a link leads to where it lies now; nothing is taken from there");
        }
        return Sources.entry(entry.place(), entry.path());
    }
}
