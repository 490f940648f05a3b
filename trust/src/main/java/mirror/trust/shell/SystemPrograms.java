package mirror.trust.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/**
 * Programs that reach beyond files: other users, containers, clusters, clouds, databases, packages. For command lines made of a
 * topic and a verb the reading verbs are listed and everything else counts as a change, so a verb nobody thought of is not missed.
 */
final class SystemPrograms {
    private static final Set<String> READING = Words.of("""
            ls list get describe show view logs log status info inspect version help diff plan validate fmt top stats ps
            images history search explain events port whoami output graph providers template lint api-resources api-versions
            wait dev local serve emulators:start completion current-context get-contexts preview synth pull tail du stat presign doctor check
            get-caller-identity login logout config configure init dependency can-i manifest kustomize convert cluster-info
            """);
    private static final Pattern READING_PREFIX = Pattern.compile(
            "(describe|list|get|head|lookup|batch-get|filter|search|estimate|validate|preview|simulate)-.*");
    private static final Set<String> CHANGING = Words.of("""
            delete rm remove destroy rb terminate purge drop prune set create apply update run exec deploy up down kill stop
            restart uninstall drain cordon scale reset sync mb mv put edit patch replace rollout rmi import taint untaint
            force-unlock state unset disable push del rename-context delete-context set-context use-context add write
            """);
    private static final Pattern STATEMENT = Pattern.compile(
            "(?is).*\\b(drop\\s+\\w+|truncate\\b|delete\\s+from\\b(?!.*\\bwhere\\b)|update\\s+\\S+\\s+set\\b(?!.*\\bwhere\\b)"
                    + "|alter\\s+\\w+.*\\bdrop\\b|grant\\b|revoke\\b|shutdown\\b|reset\\s+master|flush\\s+\\w+|kill\\s+\\d+"
                    + "|pg_terminate_backend|pg_reload_conf|alter\\s+system|alter\\s+(role|user)|vacuum\\s+full"
                    + "|replace\\s+into|detach\\b|attach\\b|pragma\\s+writable_schema|xp_cmdshell|dropdatabase).*");
    private static final Pattern REACHES_OUT = Pattern.compile(
            "(?is).*(\\bprogram\\s+'|into\\s+(outfile|dumpfile)|load_file|pg_read_file|lo_export|load_extension|writefile\\s*\\("
                    + "|readfile\\s*\\(|edit\\s*\\().*");
    private static final Pattern CLIENT_SHELL =
            Pattern.compile("(?is).*(?:\\\\!|\\.shell|\\.system|\\bsystem\\b)\\s+(.*)");
    private static final Set<String> REDIS_SAFE = Words.of("""
            GET MGET KEYS SCAN PING INFO TTL PTTL TYPE HGET HGETALL HKEYS HLEN LRANGE LLEN SMEMBERS SCARD DBSIZE EXISTS
            ZRANGE ZCARD STRLEN MONITOR SET SETEX HSET LPUSH RPUSH SADD ZADD INCR DECR EXPIRE PUBLISH SUBSCRIBE XADD XRANGE
            XLEN XREAD XINFO TIME ECHO OBJECT MEMORY SLOWLOG CLIENT HELP LATENCY ROLE SELECT AUTH HELLO COMMAND
            """);

    /** Options that name a registry, a proxy or a file to keep, not what is installed. */
    private static final Pattern REGISTRY_OPTION = Pattern.compile(
            "--(channel|index|default-index|index-url|extra-index-url|find-links|registry|proxy|source|clear-sources|repository|server|mirror)(=.*)?");

    private static final Pattern SECRET_STORE = Pattern.compile(
            "(?i)(secretsmanager|secrets?|keyvault|kv|get-secret-value|batch-get-secret-value|get-login-password|print-access-token"
                    + "|print-identity-token|get-access-token|get-session-token|token|credentials?)");

    private static final int MAX_STATEMENT = 8000;

    private final Programs programs;
    private final Findings findings;
    private final Paths paths;
    private final ContainerPrograms containers;

    SystemPrograms(Programs programs) {
        this.programs = programs;
        this.findings = programs.findings();
        this.paths = programs.paths();
        this.containers = new ContainerPrograms(programs);
    }

    boolean special(String name, Call call) {
        switch (name) {
            case "sudo" -> {
                Value stdin = call.io().stdin();
                if (call.arguments().rest().isEmpty()
                        && stdin != null
                        && !stdin.isEmpty()
                        && call.has("s", "i", "shell", "login")) {
                    programs.interpreter().code(stdin, call.state().forChild(), call.io(), call.program());
                }
                if (call.has("e", "edit")) {
                    call.arguments().rest().forEach(file -> paths.touch(file, call.state(), Use.WRITE));
                }
            }
            case "su" -> su(call);
            case "multiplexer" -> multiplexer(call);
            case "cloud" -> cloud(call);
            case "cluster" -> cluster(call);
            case "container" -> containers.apply(call);
            case "kill" -> kill(call);
            case "stored-secret" -> storedSecret(call);
            case "package-source" -> packageSource(call);
            case "make" -> {
                recipes(call);
                Value rules = call.arguments().value("f", "file", "makefile");
                if (rules != null && (rules.is("-") || rules.is("/dev/stdin"))) {
                    findings.opaque("make reads its rules from its input");
                }
                call.operands().stream()
                        .filter(operand -> operand.lead().matches("(SHELL|\\.SHELLFLAGS|MAKE|MAKEFLAGS)[:+?]?=.*"))
                        .forEach(operand -> programs.interpreter()
                                .code(
                                        operand.drop(operand.lead().indexOf('=') + 1),
                                        call.state().forChild(),
                                        call.io(),
                                        "make"));
            }
            case "system-packages" -> systemPackages(call);
            case "devices" ->
                call.operands().stream()
                        .filter(operand -> operand.lead().startsWith("/"))
                        .forEach(operand -> paths.touch(operand, call.state(), Use.WRITE));
            case "stdin-code" -> {
                Value stdin = call.io().stdin();
                if (stdin != null && !stdin.isEmpty()) {
                    programs.interpreter().code(stdin, call.state().forChild(), call.io(), call.program());
                }
            }
            case "sql", "sqlite" -> {
                Value stdin = call.io().stdin();
                if (stdin != null
                        && !stdin.isEmpty()
                        && (stdin.isKnown()
                                || stdin.remote() != null
                                || !stdin.shown().startsWith("<"))) {
                    statement(stdin, call.state(), call.io());
                }
            }
            case "after-dashes" -> afterDashes(call);
            case "mongo" -> mongo(call);
            case "redis" -> redis(call);
            default -> {
                return false;
            }
        }
        return false;
    }

    /** The recipes of a makefile that this command line wrote. */
    private void recipes(Call call) {
        Value rules = call.arguments().value("f", "file", "makefile");
        for (String name : List.of(rules == null ? "Makefile" : rules.shown(), "makefile", "GNUmakefile")) {
            Path file = paths.file(Value.of(name), call.state());
            Value content = file == null ? null : call.state().written().get(file);
            if (content != null && content.isKnown()) {
                String recipes = content.shown()
                        .lines()
                        .filter(line -> line.startsWith("\t") || line.indexOf(';') > 0)
                        .map(line -> line.replaceFirst(line.startsWith("\t") ? "^[\\s@+-]+" : "^[^;]*;", ""))
                        .map(line -> line.replace("$$", "$").replaceAll("\\$\\(\\w+\\)|\\$[@<^]", "x"))
                        .collect(java.util.stream.Collectors.joining("\n"));
                programs.interpreter().code(Value.of(recipes), call.state().forChild(), call.io(), "make");
            } else if (content != null) {
                findings.opaque("make follows rules that are not known: " + name);
            }
        }
    }

    /** {@code mise exec node@22 -- cmd}, {@code nix shell x -c cmd}. */
    private void afterDashes(Call call) {
        List<Value> args = call.args();
        for (int i = 0; i + 1 < args.size(); i++) {
            if (args.get(i).is("--") || args.get(i).is("-c") || args.get(i).is("--command")) {
                programs.start(args.subList(i + 1, args.size()), call.state(), call.io());
                return;
            }
        }
    }

    private void su(Call call) {
        List<Value> args = call.args();
        if (call.program().equals("runuser") && call.has("u", "user")) {
            Arguments parsed = Arguments.parse(call.spec().options(), args, 0, false, false);
            programs.start(parsed.rest(), call.state(), call.io());
        }
        Value stdin = call.io().stdin();
        if (stdin != null && !stdin.isEmpty() && !call.has("c", "command")) {
            programs.interpreter().code(stdin, call.state().forChild(), call.io(), "su");
        }
    }

    private void multiplexer(Call call) {
        List<Value> args = call.args();
        Arguments parsed = Arguments.parse(
                java.util.Map.ofEntries(
                        java.util.Map.entry("L", 'v'),
                        java.util.Map.entry("S", 'v'),
                        java.util.Map.entry("f", 'v'),
                        java.util.Map.entry("t", 'v'),
                        java.util.Map.entry("s", 'v'),
                        java.util.Map.entry("n", 'v'),
                        java.util.Map.entry("c", 'v'),
                        java.util.Map.entry("x", 'v'),
                        java.util.Map.entry("y", 'v'),
                        java.util.Map.entry("F", 'v'),
                        java.util.Map.entry("l", 'v'),
                        java.util.Map.entry("e", 'v')),
                args,
                call.program().equals("screen") ? 0 : -1,
                false,
                false);
        if (call.program().equals("screen")) {
            if (call.args().stream().anyMatch(arg -> arg.is("-X"))) {
                findings.opaque("screen is told to run something: " + call.words(0));
            } else if (!parsed.rest().isEmpty()) {
                programs.start(parsed.rest(), call.state(), call.io());
            }
            return;
        }
        String verb =
                parsed.operands().isEmpty() ? "" : parsed.operands().getFirst().shown();
        if (verb.startsWith("kill")) {
            findings.add(new Effect.Machine(call.program() + " " + verb));
        } else if (!verb.matches(
                "(ls|list.*|a|at|attach.*|display.*|capture.*|has.*|show.*|info|switch.*|select.*|rename.*|resize.*|detach.*|)")) {
            Value code = Value.joined(
                    parsed.operands().stream()
                            .skip(1)
                            .filter(word -> !word.is("Enter") && !word.is("C-m") && !word.is("C-c"))
                            .toList(),
                    " ");
            if (!code.isEmpty()) {
                programs.interpreter().code(code, call.state().forChild(), call.io(), call.program());
            }
        }
    }

    /** Whether topic and verb only read: some word says so, and none says otherwise. */
    static boolean reads(Call call, int words) {
        boolean reads = call.operands().isEmpty();
        int at = 0;
        for (Value operand : call.operands()) {
            String word = operand.shown();
            if (at++ >= words) {
                break;
            }
            if (CHANGING.contains(word)
                    || word.matches("(delete|terminate|remove|destroy|stop|put|update|create|set|reset|modify)-.*")) {
                return false;
            }
            reads |= READING.contains(word) || READING_PREFIX.matcher(word).matches();
        }
        return reads || call.has("help", "version");
    }

    private void changes(Call call, String where) {
        findings.add(new Effect.Machine(call.program() + " changes " + where + ": " + call.words(0)));
    }

    /** Reading a value out of a place that keeps secrets; the names alone may be listed. */
    private void storedSecret(Call call) {
        List<Value> words = call.operands().stream().limit(4).toList();
        boolean store = words.stream()
                .anyMatch(word -> SECRET_STORE
                        .matcher(word.shown().replaceFirst("/.*", ""))
                        .matches());
        boolean lists = words.stream().anyMatch(word -> word.shown().matches("(list|ls|describe|help).*"))
                || call.has("help")
                || (call.program().equals("kubectl") && !call.has("o", "output", "template"));
        if ((store && !lists) || call.has("with-decryption", "show-token")) {
            findings.add(new Effect.Machine(call.program() + " uses stored secrets: " + call.words(0)));
        }
    }

    private void cloud(Call call) {
        boolean copies = (call.program().equals("aws")
                        && call.says("s3")
                        && call.says("cp", "sync", "ls")
                        && !call.has("delete"))
                || (call.program().equals("gsutil") && call.says("cp", "ls", "rsync") && !call.has("d"));
        if (call.operands().stream().limit(2).anyMatch(Value::hasUnknown)) {
            findings.opaque("which command of " + call.program() + " runs is not known");
        }
        if (copies) {
            List<Value> ends = call.operands();
            for (int i = Math.min(2, ends.size()); i < ends.size(); i++) {
                if (!ends.get(i).lead().contains("://")) {
                    paths.touch(ends.get(i), call.state(), i == ends.size() - 1 ? Use.WRITE : Use.READ);
                }
            }
        } else if (call.has("auto-approve", "destroy")
                || !reads(
                        call,
                        call.program().equals("terraform") || call.program().equals("tofu") ? 1 : 4)) {
            changes(call, "something outside this machine");
        }
    }

    private void cluster(Call call) {
        if (!call.operands().isEmpty() && call.operands().getFirst().hasUnknown()) {
            findings.opaque("which command of " + call.program() + " runs is not known");
        }
        boolean first = !call.operands().isEmpty()
                && Set.of("get", "describe", "logs", "top", "explain")
                        .contains(call.operands().getFirst().shown());
        if (!first && !reads(call, 2) && !call.arguments().certain("dry-run")) {
            changes(call, "a cluster");
        }
    }

    /** What is installed from an address has no registry behind it, and its code runs on this machine. */
    private void packageSource(Call call) {
        List<Value> args = call.args();
        int end = args.size();
        Value started = call.spec().commandAt() < 0
                ? call.program().matches(".* (dlx|x|create|init)") ? call.first() : null
                : call.arguments().rest().isEmpty()
                        ? null
                        : call.arguments().rest().getFirst();
        for (int i = 0; i < end; i++) {
            // What follows the program that is fetched and started are that program's own arguments.
            end = started != null && args.get(i).equals(started) ? i + 1 : end;
            String text = args.get(i).shown();
            String option =
                    text.startsWith("--") ? text : i == 0 ? "" : args.get(i - 1).shown();
            if (text.matches("(?s)([^=]+[=@ ]+)?([\\w+-]+://|git@).*") && !namesRegistry(option, call)) {
                programs.egress(Value.of(text.replaceFirst("^[^:]*?(?=(https?|ssh|git|ftp)://)", "")));
                findings.opaque(call.program() + " installs from an address: " + text);
            } else if (text.matches("(github|gitlab|bitbucket|gist):.*")
                    || (call.program().matches("(npm|pnpm|yarn|bun) (install|i|add|dlx|x)|npx|bunx|pnpx")
                            && text.matches("[\\w][\\w.-]*/[\\w.-]+(#.*)?"))) {
                findings.add(new Effect.Egress(
                        text.contains(":") ? text.substring(0, text.indexOf(':')) + ".com" : "github.com"));
                findings.opaque(call.program() + " installs from an address: " + text);
            }
        }
    }

    private static boolean namesRegistry(String option, Call call) {
        return REGISTRY_OPTION.matcher(option).matches()
                || (call.program().matches("(uv|pip|conda|mamba|micromamba)3?\\b.*") && option.matches("-[ifc]"));
    }

    /** {@code -l} only lists when it is the first word: {@code -KILL} is a signal. */
    private void kill(Call call) {
        List<Value> args = call.args();
        boolean lists = !args.isEmpty()
                && Set.of("-l", "-L", "--list", "--table", "-0")
                        .contains(args.getFirst().shown());
        boolean own = !call.operands().isEmpty() && call.operands().stream().allMatch(SystemPrograms::isOwnJob);
        if (!lists && !own) {
            findings.add(new Effect.Machine(call.program() + " sends a signal to a process"));
        }
    }

    /** A job of this very shell: {@code %1}, or {@code $!} and what was set to it. */
    private static boolean isOwnJob(Value target) {
        return target.isKnown()
                ? target.shown().matches("%[\\w%+-]*")
                : target.chunks().size() == 1
                        && target.chunks().getFirst() instanceof Value.Wild(String shown)
                        && shown.equals("$!");
    }

    private void systemPackages(Call call) {
        if (call.args().stream()
                .anyMatch(arg -> arg.shown().contains("Invoke") || arg.shown().contains("::Run"))) {
            findings.opaque(call.program() + " is told to run commands of its caller");
        }
        String verb = call.verb();
        String options = call.args().isEmpty() ? "" : call.args().getFirst().shown();
        switch (verb) {
            case "install",
                    "update",
                    "upgrade",
                    "full-upgrade",
                    "dist-upgrade",
                    "add",
                    "download",
                    "fetch",
                    "tap",
                    "reinstall",
                    "in",
                    "search",
                    "refresh",
                    "bundle",
                    "source",
                    "build-dep",
                    "groupinstall",
                    "makecache",
                    "sync",
                    "localinstall",
                    "shell",
                    "develop",
                    "run",
                    "build",
                    "profile",
                    "flake" -> findings.add(new Effect.Egress("*"));
            case "remove",
                    "purge",
                    "autoremove",
                    "uninstall",
                    "erase",
                    "delete",
                    "del",
                    "rm",
                    "autoclean",
                    "clean",
                    "cleanup",
                    "downgrade",
                    "untap",
                    "services",
                    "mark",
                    "hold",
                    "swap",
                    "history",
                    "deselect",
                    "unlink",
                    "zap",
                    "revert",
                    "prune",
                    "gc",
                    "config-manager",
                    "groupremove",
                    "distro-sync" ->
                findings.add(new Effect.Machine(call.program() + " changes installed software: " + call.words(0)));
            default -> {
                boolean removes = options.matches(
                                "-([eRUuFirPKDCd].*|-remove.*|-purge.*|-erase.*|-unconfigure|-install|-upgrade|-delete.*)")
                        && !options.matches("-(Q|S[si]|F|q).*");
                if (options.matches("-S.*")) {
                    findings.add(new Effect.Egress("*"));
                } else if (removes) {
                    findings.add(new Effect.Machine(
                            call.program() + " changes installed software: " + options + " " + call.words(0)));
                }
            }
        }
    }

    /** A database statement: what destroys or reaches out of the database is named, the rest is ordinary. */
    void statement(Value value, State state, Io io) {
        String text = value.shown();
        if (text.length() > MAX_STATEMENT) {
            findings.opaque("a database statement is longer than is read");
            return;
        }
        if (value.remote() != null) {
            findings.add(new Effect.RemoteCode(String.valueOf(value.remote())));
        } else if (value.hasUnknown()) {
            findings.opaque("a database statement is not wholly known: " + text);
        }
        Matcher shell = CLIENT_SHELL.matcher(text);
        if (shell.matches()
                && (text.contains("\\!")
                        || text.contains(".shell")
                        || text.contains(".system")
                        || text.strip().startsWith("system "))) {
            programs.interpreter().code(Value.of(shell.group(1)), state.forChild(), io, "a database client");
        }
        if (REACHES_OUT.matcher(text).matches()) {
            findings.opaque("a database statement reads or writes files or runs programs");
        }
        if (STATEMENT.matcher(text).matches()) {
            findings.add(new Effect.Machine("a database is changed for good: " + shorten(text)));
        }
    }

    private static String shorten(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }

    private void mongo(Call call) {
        List<Value> args = call.args();
        for (int i = 0; i < args.size(); i++) {
            String lead = args.get(i).lead();
            if (lead.startsWith("--eval")) {
                Value code = lead.startsWith("--eval=")
                        ? args.get(i).drop(7)
                        : i + 1 < args.size() ? args.get(i + 1) : Value.EMPTY;
                mongoCode(code);
            }
        }
        Value stdin = call.io().stdin();
        if (stdin != null && !stdin.isEmpty()) {
            mongoCode(stdin);
        }
    }

    private void mongoCode(Value code) {
        String text = code.length() > MAX_STATEMENT / 4 ? null : code.known();
        boolean reads = text != null
                && text.matches(
                        "(?s)\\s*(show \\w+|(print(json)?\\()?(db\\.)?[\\w.()\"']*\\.?(find|findOne|count\\w*|stats|distinct|getCollectionNames|version|hello|getIndexes|aggregate)\\([^;]*\\)*[\\w.()]*\\)?;?)\\s*")
                && !text.matches("(?is).*(drop|remove|delete|\\$out|\\$merge|eval|function|shutdown|update|insert).*");
        if (!reads) {
            findings.add(new Effect.Machine("mongo runs code on a database: " + shorten(code.shown())));
        }
    }

    private void redis(Call call) {
        Value command = call.first();
        @Nullable Value stdin = call.io().stdin();
        if (command != null && !REDIS_SAFE.contains(command.shown().toUpperCase(Locale.ROOT))) {
            findings.add(new Effect.Machine(call.program() + " runs " + call.words(0)));
        }
        if (command == null && stdin != null && !stdin.isEmpty()) {
            findings.add(new Effect.Machine(call.program() + " runs commands from its input"));
        }
    }
}
