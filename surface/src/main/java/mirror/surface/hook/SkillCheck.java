package mirror.surface.hook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import mirror.trust.Action;
import mirror.trust.Check;
import mirror.trust.Contracts;
import mirror.trust.Policy;
import mirror.trust.TrustException;
import mirror.trust.Verdict;

/**
 * A skill's text steers the model and may run commands when it is expanded, so the model starts only those that are signed, file by
 * file. Skills that are part of the client have no files and pass; those of plugins cannot be seen and are asked about.
 *
 * <p>Reads the skill's files at each call, which takes as long as reading them. Thread-safe.
 */
public final class SkillCheck implements Check {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

    private final Contracts contracts;
    private final ClaudeFolders folders;

    public SkillCheck(Contracts contracts, ClaudeFolders folders) {
        this.contracts = contracts;
        this.folders = folders;
    }

    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        if (!action.tool().equals("Skill")) {
            return Optional.empty();
        }
        String name = action.input().path("skill").asString("");
        if (!NAME.matcher(name).matches()) {
            return Optional.of(new Policy.Match(
                    Verdict.ASK,
                    "unseen-skill",
                    "Mirror cannot see the files of this skill, so nobody signed for what it says"));
        }
        try {
            for (Path place : folders.skills(name, action)) {
                if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
                    contracts.verify("skill", place);
                }
            }
        } catch (TrustException | IOException e) {
            return Optional.of(new Policy.Match(
                    Verdict.BLOCK, "unsigned-skill", "the skill '" + name + "' is not loaded: " + e.getMessage()));
        }
        return Optional.empty();
    }
}
