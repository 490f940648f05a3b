package mirror.pulse.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import mirror.bus.FileCalls;
import mirror.pulse.check.Finding;
import mirror.pulse.supervise.Remedies;
import mirror.trust.Effect;

/**
 * Mirror's own fixes of services. Restarting what ended is the supervisor's; these mend what keeps a restart from helping. None of them
 * ends a process that was not proved to be the service's own.
 */
final class ServiceFixes {
    private static final String SERVICE = "service:";
    private static final String ENVIRONMENT = "environment:";

    private ServiceFixes() {}

    /** What a lease has to allow for all that happens to a service. */
    static String need(String service) {
        return "machine:" + what(service);
    }

    static String what(String service) {
        return "service " + service;
    }

    private static Fix.Plan.Do plan(String service, String does, Path cwd, List<Effect> more, Fix.Work work) {
        List<Effect> effects = new java.util.ArrayList<>(List.of(new Effect.Machine(what(service))));
        effects.addAll(more);
        List<String> needs = new java.util.ArrayList<>(List.of(need(service)));
        more.forEach(effect -> {
            if (effect instanceof Effect.Write(Path path)) {
                needs.add("write:" + path);
            }
        });
        return new Fix.Plan.Do(does, needs, effects, cwd, work);
    }

    /** A service whose folder is gone gets it again, empty. */
    record Folder(Remedies services, FileCalls disk, Path user) implements Fix {
        @Override
        public String does() {
            return "makes the folder that a service starts in, and starts it";
        }

        @Override
        public Plan plan(String check, Finding finding) {
            if (!check.startsWith(SERVICE)) {
                return new Plan.Nothing();
            }
            String name = check.substring(SERVICE.length());
            Optional<Path> missing = services.missingFolder(name);
            if (missing.isEmpty()) {
                return new Plan.Nothing();
            }
            Path folder = missing.get();
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                return new Plan.Ask(folder + ", which " + name + " starts in, is no folder; move it away");
            }
            return ServiceFixes.plan(
                    name,
                    "makes the folder " + folder + " and starts " + name,
                    user,
                    List.of(new Effect.Write(folder)),
                    () -> {
                        disk.createFolders(folder);
                        services.tryNow(name);
                        return "made the folder " + folder + ", empty";
                    });
        }
    }

    /** A service whose port is held by an earlier process of itself; anybody else is named and not touched. */
    record Port(Remedies services, Path user) implements Fix {
        @Override
        public String does() {
            return "ends what is left of a service and holds its port, and starts it";
        }

        @Override
        public Plan plan(String check, Finding finding) {
            if (!check.startsWith(SERVICE) || !finding.reason().contains(" is held by ")) {
                return new Plan.Nothing();
            }
            String name = check.substring(SERVICE.length());
            Remedies.Holder holder = services.portHolder(name).orElse(null);
            if (holder == null) {
                return ServiceFixes.plan(
                        name, "starts " + name + ", as its port is free again", user, List.of(), () -> {
                            services.tryNow(name);
                            return "started it before its time; its port was free";
                        });
            }
            if (!services.isLeftover(name, holder)) {
                return new Plan.Ask(
                        holder.told() + ", which is not " + name + "'s; end that, or give one of the two another port");
            }
            return ServiceFixes.plan(
                    name,
                    "ends process " + holder.pid() + ", which is left of " + name
                            + " and holds its port, and starts it",
                    user,
                    List.of(),
                    () -> {
                        if (!services.endLeftover(name, holder)) {
                            throw new IOException("process " + holder.pid() + " does not end");
                        }
                        services.tryNow(name);
                        return "ended process " + holder.pid() + ", which was left of " + name;
                    });
        }
    }

    /** A process that has not the variables that its service's file gives it. */
    record Environment(Remedies services, Path user) implements Fix {
        @Override
        public String does() {
            return "restarts a service whose process lost variables of its environment";
        }

        @Override
        public Plan plan(String check, Finding finding) {
            if (!check.startsWith(ENVIRONMENT)) {
                return new Plan.Nothing();
            }
            String name = check.substring(ENVIRONMENT.length());
            List<String> lost = services.lostVariables().getOrDefault(name, List.of());
            if (lost.isEmpty()) {
                return new Plan.Nothing();
            }
            String told = "it has not the " + String.join(", ", lost) + " that its file gives it";
            return ServiceFixes.plan(name, "restarts " + name + ": " + told, user, List.of(), () -> {
                services.remedy(name, told);
                return "restarted it";
            });
        }
    }
}
