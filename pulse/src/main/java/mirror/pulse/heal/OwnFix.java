package mirror.pulse.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.FileCalls;
import mirror.pulse.check.Finding;
import mirror.pulse.supervise.Remedies;
import mirror.pulse.supervise.Tools;
import mirror.trust.Effect;
import mirror.trust.shell.CommandLine;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;

/** What the owner wrote and signed to be done. */
sealed interface OwnFix extends Fix {
    /**
     * Runs a program, which has to end with 0. What it writes is not kept: it may hold secrets.
     *
     * @param shell by which the gate understands it
     */
    record Run(List<String> argv, Duration within, Tools tools, ShellContext shell, Path user) implements OwnFix {
        @Override
        public String does() {
            return "runs " + CommandLine.of(argv);
        }

        @Override
        public Plan plan(String check, Finding finding) {
            return new Plan.Do(
                    does(),
                    List.of("run:" + argv.getFirst()),
                    ShellEffects.of(CommandLine.of(argv), shell),
                    user,
                    () -> {
                        int exit = tools.run(argv, within).exit();
                        if (exit != 0) {
                            throw new IOException(argv.getFirst() + " ended with " + exit);
                        }
                        return "ran " + argv.getFirst();
                    });
        }
    }

    /** Makes a folder that is not there. */
    record Folder(Path folder, FileCalls disk, Path user) implements OwnFix {
        @Override
        public String does() {
            return "makes the folder " + folder;
        }

        @Override
        public Plan plan(String check, Finding finding) {
            if (Files.isDirectory(folder)) {
                return new Plan.Nothing();
            }
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                return new Plan.Ask(folder + " is no folder; move it away");
            }
            return new Plan.Do(does(), List.of("write:" + folder), List.of(new Effect.Write(folder)), user, () -> {
                disk.createFolders(folder);
                return "made the folder " + folder + ", empty";
            });
        }
    }

    /** Restarts a service of Mirror's. */
    record Restart(String service, Remedies services, Path user) implements OwnFix {
        @Override
        public String does() {
            return "restarts the service " + service;
        }

        @Override
        public Plan plan(String check, Finding finding) {
            return new Plan.Do(
                    does(),
                    List.of(ServiceFixes.need(service)),
                    List.of(new Effect.Machine(ServiceFixes.what(service))),
                    user,
                    () -> {
                        services.remedy(service, "a fix for " + check + " restarts it");
                        return "restarted " + service;
                    });
        }
    }
}
