package mirror.pulse.heal;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import mirror.bus.DiskCalls;
import mirror.bus.FileCalls;
import mirror.bus.Home;
import mirror.pulse.supervise.LogKeeper;
import mirror.pulse.supervise.Remedies;
import mirror.pulse.supervise.Tools;
import mirror.trust.Contracts;
import mirror.trust.TrustException;
import mirror.trust.shell.ShellContext;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;
import mirror.trust.yaml.YamlFolder;

/**
 * All fixes that there are: Mirror's own, and those of the owner in {@code heals/NAME.yaml}; docs/healing.md is the contract. Files are
 * read anew each time, what nobody signed is not even parsed, and one with a fault is no fix. Thread-safe.
 */
public final class HealFolder {
    /** Names of Mirror's own fixes. */
    public static final List<String> BUILT_IN = List.of("environment", "folder", "log", "port");

    private static final int MAX_BYTES = 64 * 1024;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final Pattern WHEN = Pattern.compile("[a-z]+(?::[^\\x00-\\x1f*]{0,300}\\*?)?");
    private static final Pattern WORD = Pattern.compile("[^\0]{1,8192}", Pattern.DOTALL);
    private static final Pattern PLACE = Pattern.compile("(?:/|~/)[^\\x00-\\x1f]{0,500}");
    private static final List<String> KINDS = List.of("run", "folder", "restart");
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** @param faults what is wrong with files, one sentence each, which begin with the file's name */
    public record Content(List<Heal> heals, List<String> faults) {}

    private final Path folder;
    private final Path user;
    private final Contracts contracts;
    private final Remedies services;
    private final Tools tools;
    private final ShellContext shell;
    private final FileCalls disk = new DiskCalls();
    private final List<Heal> own;

    /**
     * @param user the person's home folder, for which a tilde stands and where programs start
     * @param shell by which the gate understands commands
     */
    public HealFolder(Home home, Path user, Contracts contracts, Remedies services, Tools tools, ShellContext shell) {
        this.folder = home.heals();
        this.user = user;
        this.contracts = contracts;
        this.services = services;
        this.tools = tools;
        this.shell = shell;
        this.own = List.of(
                Heal.builtIn("folder", "service:*", new ServiceFixes.Folder(services, disk, user)),
                Heal.builtIn("port", "service:*", new ServiceFixes.Port(services, user)),
                Heal.builtIn("environment", "environment:*", new ServiceFixes.Environment(services, user)),
                Heal.builtIn(
                        "log",
                        "log:*",
                        new LogFix(
                                services, new LogKeeper(home.serviceLogs(), disk), home.root(), user, LogFix.LEAST)));
    }

    public Content read() {
        List<Heal> heals = new ArrayList<>(own);
        List<String> faults = new ArrayList<>();
        for (Path file : YamlFolder.list(folder, faults)) {
            String name = String.valueOf(file.getFileName());
            try {
                byte[] yaml = YamlFolder.bytes(file, MAX_BYTES);
                contracts.verify("heal", file, yaml);
                List<String> wrong = new ArrayList<>();
                Heal heal = parse(name.substring(0, name.length() - ".yaml".length()), yaml, wrong);
                if (wrong.isEmpty()) {
                    heals.add(heal);
                } else {
                    faults.add(name + ": " + String.join("; ", wrong));
                }
            } catch (StrictYaml.NotYaml | TrustException e) {
                faults.add(name + ": " + e.getMessage());
            } catch (IOException e) {
                faults.add(name + ": it cannot be read: " + e.getMessage());
            }
        }
        return new Content(heals, faults);
    }

    private Heal parse(String name, byte[] yaml, List<String> faults) throws StrictYaml.NotYaml {
        Fields fields = new Fields(
                StrictYaml.load(yaml, MAX_BYTES),
                "",
                faults,
                List.of("when", "run", "within", "folder", "restart", "cooldown", "attempts", "settle"));
        if (!NAME.matcher(name).matches()) {
            faults.add("the file's name must be lower case letters, digits and dashes, at most 32");
        } else if (BUILT_IN.contains(name)) {
            faults.add(name + " is a fix of Mirror's own; give the file another name");
        }
        return new Heal(
                name,
                fields.name(
                        "when", WHEN, "", "the id of a check as 'mirror pulse --all' shows it; * at its end is any"),
                fix(fields, faults),
                fields.duration("cooldown", SECOND, Duration.ofDays(30), Heal.COOLDOWN),
                (int) fields.number("attempts", 1, 50, Heal.ATTEMPTS),
                fields.duration("settle", SECOND, Duration.ofMinutes(10), Heal.SETTLE),
                false);
    }

    private Fix fix(Fields fields, List<String> faults) {
        List<String> named = KINDS.stream().filter(fields::has).toList();
        if (named.size() != 1) {
            faults.add("it must have one of run, folder and restart"
                    + (named.isEmpty() ? "" : ", not " + String.join(" and ", named)));
            return new OwnFix.Restart("", services, user);
        }
        if (fields.has("within") && !fields.has("run")) {
            fields.fault("within", "is for run alone");
        }
        return switch (named.getFirst()) {
            case "run" -> {
                List<String> argv = fields.texts("run", WORD, "texts that are not empty; put numbers in quotes");
                if (fields.get("run") instanceof List<?> list && list.isEmpty()) {
                    fields.fault("run", "must have a program");
                }
                yield new OwnFix.Run(
                        argv.isEmpty() ? List.of("false") : List.copyOf(argv),
                        fields.duration("within", SECOND, Duration.ofHours(1), Duration.ofMinutes(1)),
                        tools,
                        shell,
                        user);
            }
            case "folder" -> new OwnFix.Folder(path(fields), disk, user);
            default -> new OwnFix.Restart(fields.name("restart", NAME, "", "the name of a service"), services, user);
        };
    }

    private Path path(Fields fields) {
        String text = fields.name("folder", PLACE, "", "a path that begins with / or ~/");
        try {
            return text.startsWith("~/")
                    ? user.resolve(text.substring(2)).normalize()
                    : Path.of(text.isEmpty() ? "/" : text).normalize();
        } catch (InvalidPathException e) {
            fields.fault("folder", "is not a path");
            return user;
        }
    }
}
