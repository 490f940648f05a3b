package mirror.surface.diagnose;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Known causes of failures by words that stand in what was found and in logs: a table, so that every opinion has one place. Stateless. */
final class Rules {
    /**
     * What may be behind it.
     *
     * @param text one sentence
     * @param command what a person would look at next; never run by Mirror
     */
    record Opinion(String text, String command) {}

    /** @param command made of the check's id */
    private record Rule(String check, List<String> words, String text, Function<String, String> command) {
        Rule(String check, String word, String text, String command) {
            this(check, List.of(word), text, _ -> command);
        }

        boolean fits(String id, String all) {
            return (id + ":").startsWith(check) && words.stream().anyMatch(all::contains);
        }
    }

    private static final String ANY = "";

    /** The first that fits counts: what names a cause stands before what only names a place. */
    private static final List<Rule> RULES = List.of(
            new Rule(
                    ANY,
                    List.of("no space left", "enospc", "disk full"),
                    "A disk is full, and whatever writes to it fails.",
                    _ -> "df -h"),
            new Rule(
                    ANY,
                    List.of("out of memory", "oom-kill", "oom killer", "killed for memory", "cannot allocate"),
                    "The machine ran out of memory, and the system ended a process for it.",
                    _ -> "free -h; ps aux --sort=-rss | head"),
            new Rule(
                    ANY,
                    List.of("address already in use", "eaddrinuse", "port is held", "in use by another"),
                    "Another program has the port that is needed.",
                    _ -> "ss -ltnp"),
            new Rule(
                    ANY,
                    List.of("too many open files", "emfile"),
                    "A process has as many files open as it may.",
                    _ -> "ulimit -n"),
            new Rule(
                    ANY,
                    List.of("permission denied", "eacces", "operation not permitted"),
                    "A file or port may not be used by this user.",
                    _ -> "mirror doctor"),
            new Rule(
                    ANY,
                    List.of("certificate has expired", "certificate expired", "certificate verify failed"),
                    "A certificate has ended or is not trusted.",
                    _ -> "mirror pulse --all"),
            new Rule(
                    ANY,
                    List.of("kill switch"),
                    "The kill switch is set, so everything is blocked.",
                    _ -> "ls -l ~/.mirror/kill"),
            new Rule(
                    "mirror:gate",
                    List.of("everything is blocked", "signature", "not signed"),
                    "The policy is missing, changed since it was signed, or not signed.",
                    _ -> "mirror policy sign"),
            new Rule(
                    "mirror:bus",
                    List.of("line", "altered", "checkpoint", "damaged", "torn"),
                    "The log is damaged on disk.",
                    _ -> "mirror verify"),
            new Rule(
                    ANY,
                    List.of("connection refused", "econnrefused"),
                    "What it talks to does not run, or listens elsewhere.",
                    _ -> "mirror service list"),
            new Rule(
                    ANY,
                    List.of(
                            "no such host",
                            "name or service not known",
                            "temporary failure in name resolution",
                            "enotfound"),
                    "A host name cannot be found; the network or its name service may be down.",
                    _ -> "getent hosts example.org"),
            new Rule(
                    ANY,
                    List.of("no such file or directory", "enoent", "is not there", "command not found"),
                    "A file, folder or program that is needed is not there.",
                    _ -> "mirror pulse"),
            new Rule(
                    ANY,
                    List.of("environment variable", "is not set", "missing variable", "keyerror"),
                    "A variable of the environment that is needed is not set.",
                    Rules::service),
            new Rule(
                    "service:",
                    List.of("quarantin"),
                    "The service failed too often in a short time and is left alone for a while.",
                    Rules::service),
            new Rule(
                    "service:",
                    List.of("signal", "exit", "ended"),
                    "The service ends by itself right after it starts; its log says why.",
                    Rules::service),
            new Rule(
                    "service:",
                    List.of("prob", "ready", "live", "answer"),
                    "The service runs and does not answer its probe.",
                    Rules::service),
            new Rule("disk:", "", "A disk is almost full.", "df -h"),
            new Rule("memory:", "", "Little memory is free.", "free -h"),
            new Rule("clock:", "", "The clock of this machine was set back, or runs wrong.", "timedatectl"),
            new Rule("process:", "", "A program that is to run does not.", "mirror pulse"),
            new Rule("log:", "", "A log tells of many errors, or grows fast.", "mirror pulse"));

    private Rules() {}

    private static String service(String id) {
        String name = id.substring(id.indexOf(':') + 1);
        return name.matches("[a-z0-9][a-z0-9-]{0,60}") ? "mirror service logs " + name : "mirror service list";
    }

    /** What the table says; that it knows nothing is an opinion, too. */
    static Opinion of(String id, String reason, List<String> lines) {
        String all = (reason + "\n" + String.join("\n", lines)).toLowerCase(Locale.ROOT);
        return RULES.stream()
                .filter(rule -> rule.fits(id, all))
                .findFirst()
                .map(rule -> new Opinion(rule.text, rule.command.apply(id)))
                .orElse(new Opinion("No known cause fits; what was found is all that is known.", "mirror doctor"));
    }
}
