package mirror.surface;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import mirror.pulse.check.Check;
import mirror.pulse.check.Finding;
import mirror.surface.probe.Git;
import mirror.trust.TrustException;

/** Work that lies in one place alone: changes that were not committed, and commits that were not pushed, for longer than a day. */
final class RepositoriesLook implements Check.Look {
    private static final Duration LONG = Duration.ofDays(1);

    private final Supplier<List<Path>> repositories;
    private final InstantSource clock;

    /** @param repositories asked at each look */
    RepositoriesLook(Supplier<List<Path>> repositories, InstantSource clock) {
        this.repositories = repositories;
        this.clock = clock;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        for (Path each : repositories.get()) {
            try {
                found.put(
                        each.toString(),
                        Files.isDirectory(each) ? look(each) : Finding.unknown("there is no such folder"));
            } catch (IOException | TrustException e) {
                found.put(each.toString(), Finding.unknown(String.valueOf(e.getMessage())));
            }
        }
        return found;
    }

    private Finding look(Path repository) throws IOException {
        List<String> status = Git.status(
                        repository, "--porcelain=v2", "--branch", "--untracked-files=normal", "--ignore-submodules=all")
                .lines()
                .toList();
        long changed = status.stream().filter(line -> !line.startsWith("#")).count();
        boolean born = status.stream().noneMatch("# branch.oid (initial)"::equals);
        Instant committed = born ? time(Git.ask(repository, "log", "-1", "--format=%ct")) : Instant.EPOCH;
        List<String> wrong = new ArrayList<>();
        if (changed > 0 && committed.plus(LONG).isBefore(clock.instant())) {
            wrong.add(changed + (changed == 1 ? " file is" : " files are") + " not committed"
                    + (born ? ", and the last commit was at " + committed : ""));
        }
        boolean upstream = status.stream().anyMatch(line -> line.startsWith("# branch.upstream "));
        if (born && upstream) {
            List<String> unpushed = Git.ask(repository, "log", "--format=%ct", "@{upstream}..HEAD")
                    .lines()
                    .toList();
            if (!unpushed.isEmpty() && time(unpushed.getLast()).plus(LONG).isBefore(clock.instant())) {
                wrong.add(unpushed.size() + (unpushed.size() == 1 ? " commit is" : " commits are")
                        + " not pushed, the oldest of " + time(unpushed.getLast()));
            }
        }
        if (!wrong.isEmpty()) {
            return Finding.warning(String.join("; ", wrong));
        }
        return Finding.ok(
                upstream
                        ? "nothing lies in this place alone for longer than a day"
                        : "nothing uncommitted for longer than a day; this branch is pushed nowhere");
    }

    private static Instant time(String told) throws IOException {
        try {
            return Instant.ofEpochSecond(Long.parseLong(told.strip()));
        } catch (NumberFormatException e) {
            throw new IOException("git told a time that is none", e);
        }
    }
}
