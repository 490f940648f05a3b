package mirror.surface;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mirror.pulse.check.Finding;
import mirror.pulse.check.Finding.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RepositoriesLookTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.EPOCH;

    private Path repository() throws Exception {
        Path repository = Files.createDirectories(folder.resolve("work"));
        git(repository, "init", "-q", "-b", "main");
        return repository;
    }

    private static void git(Path repository, String... arguments) throws Exception {
        text(repository, arguments);
    }

    private static String text(Path repository, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", repository.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        builder.environment().put("HOME", repository.toString());
        Process process = builder.start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(told).isZero();
        return told.strip();
    }

    private Finding look(Path repository) {
        return new RepositoriesLook(() -> List.of(repository), () -> now)
                .look()
                .getOrDefault(repository.toString(), Finding.ok("not told of"));
    }

    @Test
    void workThatLiesInOnePlaceAloneForADayIsTold() throws Exception {
        Path repository = repository();
        now = Instant.now();
        assertThat(look(repository).state()).as("nothing in it").isEqualTo(State.OK);
        Files.writeString(repository.resolve("a"), "1");
        assertThat(look(repository)).isEqualTo(Finding.warning("1 file is not committed"));
        git(repository, "add", "a");
        git(repository, "commit", "-qm", "a");
        assertThat(look(repository).reason()).contains("pushed nowhere");
        Files.writeString(repository.resolve("b"), "1");
        assertThat(look(repository).state()).as("for a moment only").isEqualTo(State.OK);
        now = now.plus(Duration.ofDays(2));
        assertThat(look(repository).reason()).startsWith("1 file is not committed, and the last commit was at");
        git(repository, "add", "b");
        git(repository, "commit", "-qm", "b");
        Path there = folder.resolve("there.git");
        git(repository, "init", "-q", "--bare", there.toString());
        git(repository, "push", "-q", "-u", there.toString(), "HEAD~1:refs/heads/main");
        git(repository, "remote", "add", "origin", there.toString());
        git(repository, "fetch", "-q", "origin");
        git(repository, "branch", "-q", "-u", "origin/main");
        assertThat(look(repository).reason()).startsWith("1 commit is not pushed, the oldest of");
        git(repository, "push", "-q", "origin", "main");
        assertThat(look(repository).state()).isEqualTo(State.OK);
    }

    @Test
    void aRepositoryStartsNoProgramByItsOwnConfiguration() throws Exception {
        Path repository = repository();
        Path mark = folder.resolve("mark");
        Path program = Files.writeString(folder.resolve("evil"), "#!/bin/sh\ntouch " + mark + "\ncat\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(repository.resolve("a"), "1");
        git(repository, "add", "a");
        git(repository, "commit", "-qm", "a");
        git(repository, "config", "core.fsmonitor", program.toString());
        git(repository, "config", "core.hooksPath", folder.toString());
        git(repository, "config", "diff.external", program.toString());
        git(repository, "config", "core.pager", program.toString());
        Files.writeString(repository.resolve("a"), "2");
        now = Instant.now().plus(Duration.ofDays(3));
        assertThat(look(repository).state()).isEqualTo(State.WARNING);
        assertThat(mark).doesNotExist();
        Files.writeString(repository.resolve(".gitattributes"), "* filter=evil\n");
        git(repository, "config", "filter.evil.clean", program.toString());
        assertThat(look(repository).reason()).startsWith("2 files are not committed");
        assertThat(mark).doesNotExist();
        git(repository, "config", "log.showSignature", "true");
        git(repository, "config", "gpg.program", program.toString());
        signedCommit(repository);
        assertThat(look(repository).state()).isEqualTo(State.WARNING);
        assertThat(mark).doesNotExist();
        git(repository, "config", "filter.a=b.clean", program.toString());
        assertThat(look(repository).reason()).endsWith("as its own configuration names the filter 'filter.a=b'");
        assertThat(mark).doesNotExist();
        assertThat(look(folder).state()).as("no repository").isEqualTo(State.UNKNOWN);
    }

    /** With a signature that nobody can check, made by hand, so that no program for signing is needed. */
    private static void signedCommit(Path repository) throws Exception {
        Path commit = Files.writeString(
                repository.resolve(".git/made"),
                "tree " + text(repository, "rev-parse", "HEAD^{tree}") + "\nparent "
                        + text(repository, "rev-parse", "HEAD")
                        + "\nauthor Ada <ada@example.org> 1700000000 +0000\ncommitter Ada <ada@example.org> 1700000000 +0000\n"
                        + "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\nsigned\n");
        git(repository, "update-ref", "HEAD", text(repository, "hash-object", "-t", "commit", "-w", commit.toString()));
    }
}
