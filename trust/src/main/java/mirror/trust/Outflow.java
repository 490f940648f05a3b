package mirror.trust;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Tells an action that may carry data out from one that only fetches. A fetch is a known program or tool with an address that is written
 * out and too plain to hold data; everything else that talks to the network may send. Pure.
 */
final class Outflow {
    private static final Set<String> UPLOADS = Set.of(
            "--data",
            "--data-raw",
            "--data-binary",
            "--data-ascii",
            "--data-urlencode",
            "--form",
            "--form-string",
            "--json",
            "--upload-file",
            "--post-data",
            "--post-file",
            "--body-data",
            "--body-file",
            "--url-query",
            "--config",
            "--header",
            "--user",
            "--cookie",
            "--user-agent",
            "--referer",
            "--proxy",
            "--execute",
            "--input-file");

    /** Short options of curl that put something of ours into the request, with the value glued to them or not. */
    private static final String CURL_SHORT = "dFTKHubAexX";

    /** Methods that send nothing. */
    private static final Set<String> PLAIN_METHODS = Set.of("get", "head", "options");

    /** They fetch what is declared or named; their addresses are still looked at. */
    private static final Set<String> FETCHERS = Set.of(
            "curl",
            "wget",
            "wget2",
            "git",
            "npm",
            "pnpm",
            "yarn",
            "bun",
            "pip",
            "pip3",
            "uv",
            "poetry",
            "pipenv",
            "cargo",
            "rustup",
            "go",
            "mvn",
            "mvnw",
            "gradle",
            "gradlew",
            "apt",
            "apt-get",
            "apk",
            "dnf",
            "yum",
            "brew",
            "gem",
            "bundle",
            "bundler",
            "composer",
            "dotnet",
            "mix",
            "docker",
            "podman",
            "gh",
            "sbt",
            "make",
            "deno",
            "conda",
            "swift");

    private static final Set<String> INSTALLERS = Set.of(
            "npm",
            "pnpm",
            "yarn",
            "bun",
            "pip",
            "pip3",
            "uv",
            "poetry",
            "pipenv",
            "cargo",
            "gem",
            "go",
            "deno",
            "brew",
            "apt",
            "apt-get",
            "apk",
            "dnf",
            "yum",
            "pacman",
            "snap",
            "flatpak",
            "port",
            "nix-env",
            "composer",
            "dotnet",
            "conda",
            "mamba",
            "mix",
            "bundle",
            "bundler",
            "luarocks",
            "opam",
            "cabal",
            "stack",
            "cpan",
            "cpanm",
            "helm",
            "krew",
            "asdf",
            "mise",
            "rustup",
            "sdk",
            "vcpkg",
            "conan",
            "swift");

    private static final Set<String> INSTALL = Set.of(
            "install", "i", "add", "get", "exec", "dlx", "x", "create", "init", "require", "-S", "global", "tap");

    private static final Set<String> NODE = Set.of("npm", "pnpm", "yarn", "bun");

    private static final Set<String> CONTAINERS = Set.of("docker", "podman", "buildah", "nerdctl", "kubectl", "helm");

    private static boolean remote(String arg) {
        return arg.contains("://") || arg.startsWith("git@") || arg.startsWith("github.com/");
    }

    private static final Set<String> FOREIGN_RUNNERS = Set.of("npx", "bunx", "uvx", "pipx");

    private Outflow() {}

    static boolean isLoopback(String host) {
        return host.equals("localhost")
                || host.equals("::1")
                || host.equals("[::1]")
                || host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}")
                || host.endsWith(".localhost");
    }

    /** Why the action may carry data out, or nothing when it only fetches. */
    static Optional<String> of(Action action, Set<String> known) {
        Set<String> hosts = new HashSet<>();
        boolean fetcher = false;
        for (Effect effect : action.effects()) {
            if (effect instanceof Effect.Egress(String host) && !isLoopback(host)) {
                hosts.add(host);
            } else if (effect instanceof Effect.Run run && !run.argv().isEmpty() && hands(run.argv())) {
                return Optional.of(program(run.argv()) + " can hand out anything");
            }
        }
        if (hosts.isEmpty()) {
            return Optional.empty();
        }
        if (action.tool().equals("WebFetch")) {
            return carries(action.input().path("url").asString(""), known);
        }
        if (action.tool().equals("WebSearch")) {
            return token(action.input().path("query").asString(""))
                    ? Optional.of("the search query holds what looks like data")
                    : Optional.empty();
        }
        for (Effect effect : action.effects()) {
            if (effect instanceof Effect.Run run && !run.argv().isEmpty()) {
                String program = program(run.argv());
                if (FETCHERS.contains(program)) {
                    fetcher = true;
                    Optional<String> why = sends(program, run.argv(), known);
                    if (why.isPresent()) {
                        return why;
                    }
                } else if (run.argv().contains("http.server")) {
                    fetcher = true;
                } else if (SENDERS.contains(program)) {
                    return Optional.of(program + " can send anything");
                }
            }
        }
        return fetcher ? Optional.empty() : Optional.of("it cannot be told what is sent");
    }

    private static final Set<String> SENDERS = Set.of(
            "nc",
            "ncat",
            "netcat",
            "socat",
            "telnet",
            "ssh",
            "scp",
            "sftp",
            "rsync",
            "rclone",
            "ftp",
            "lftp",
            "tftp",
            "mail",
            "mailx",
            "sendmail",
            "mutt",
            "aws",
            "gcloud",
            "gsutil",
            "az",
            "s3cmd",
            "mc",
            "http",
            "https",
            "xh",
            "httpie",
            "curlie",
            "dig",
            "nslookup",
            "host",
            "drill",
            "ping",
            "openssl");

    /** Programs that share or look up something without naming a host of their own, or whose hosts are their arguments. */
    private static final Set<String> HANDERS = Set.of(
            "wormhole",
            "wormhole-william",
            "croc",
            "ipfs",
            "ffsend",
            "ngrok",
            "cloudflared",
            "bore",
            "lt",
            "localtunnel",
            "tailscale",
            "zrok",
            "magic-wormhole",
            "transfer",
            "gh-gist",
            "syncthing",
            "onionshare",
            "onionshare-cli",
            "swaks",
            "msmtp",
            "sendemail",
            "smbclient",
            "mosquitto_pub",
            "nats",
            "websocat",
            "wscat",
            "grpcurl",
            "finger",
            "whois");

    private static final Set<String> CLIENTS = Set.of(
            "psql", "pg_dump", "mysql", "mysqldump", "mariadb", "redis-cli", "mongosh", "mongo", "mongodump", "sqlcmd");

    private static boolean hands(List<String> argv) {
        String program = program(argv);
        if (HANDERS.contains(program)) {
            return true;
        }
        if (program.equals("getent") || program.equals("resolvectl")) {
            return argv.stream().anyMatch(arg -> arg.endsWith("hosts") || arg.equals("query"));
        }
        if (!CLIENTS.contains(program)) {
            return false;
        }
        for (int i = 1; i < argv.size(); i++) {
            String arg = argv.get(i);
            String host = arg.equals("-h") || arg.equals("--host")
                    ? (i + 1 < argv.size() ? argv.get(i + 1) : "")
                    : arg.startsWith("--host=")
                            ? arg.substring(7)
                            : arg.contains("://")
                                    ? arg.replaceFirst("^.*?://(?:[^/@]*@)?", "")
                                            .replaceFirst("[:/?].*", "")
                                    : "localhost";
            if (!isLoopback(host) && !host.startsWith("/")) {
                return true;
            }
        }
        return false;
    }

    static String program(List<String> argv) {
        String first = argv.getFirst();
        return first.substring(first.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    }

    private static Optional<String> sends(String program, List<String> argv, Set<String> known) {
        for (int i = 1; i < argv.size(); i++) {
            String arg = argv.get(i);
            String next = i + 1 < argv.size() ? argv.get(i + 1) : "";
            if (arg.indexOf('$') >= 0 || arg.indexOf('`') >= 0) {
                return Optional.of(program + " is given a value that is computed");
            }
            if (program.equals("curl") || program.startsWith("wget")) {
                if (uploads(program, arg, next)) {
                    return Optional.of(program + " is told to send something (" + option(arg) + ")");
                }
                if (arg.startsWith("@") || arg.equals("-T-")) {
                    return Optional.of(program + " sends a file");
                }
            }
            boolean address =
                    arg.contains("://") || (program.equals("curl") && !arg.startsWith("-") && arg.contains("/"));
            if (address) {
                Optional<String> why = carries(arg, known);
                if (why.isPresent()) {
                    return why;
                }
            }
        }
        return Optional.empty();
    }

    private static final Set<String> GH_READS = Set.of(
            "view",
            "list",
            "ls",
            "diff",
            "status",
            "checks",
            "watch",
            "download",
            "checkout",
            "clone",
            "search",
            "help");

    /** Of {@code gh} only what is known to read. */
    private static boolean changes(List<String> argv) {
        List<String> words =
                argv.stream().skip(1).filter(arg -> !arg.startsWith("-")).toList();
        return !words.isEmpty()
                && !words.getFirst().equals("search")
                && !words.getFirst().equals("status")
                && !(words.size() > 1
                        && GH_READS.contains(words.get(1))
                        && !Set.of("secret", "api", "gist", "alias").contains(words.getFirst()));
    }

    private static String option(String arg) {
        return arg.startsWith("--") ? arg.replaceFirst("=.*", "") : arg.substring(0, Math.min(2, arg.length()));
    }

    private static boolean uploads(String program, String arg, String next) {
        if (arg.startsWith("--")) {
            String name = arg.replaceFirst("(?s)=.*", "");
            if (name.equals("--request") || name.equals("--method")) {
                String method = arg.contains("=") ? arg.substring(arg.indexOf('=') + 1) : next;
                return !PLAIN_METHODS.contains(method.toLowerCase(Locale.ROOT));
            }
            // Both programs take an unambiguous beginning of a name for the name.
            return name.length() > 3
                    && UPLOADS.stream().anyMatch(upload -> upload.startsWith(name) || name.startsWith(upload))
                    && !plainHeader(name, arg, next);
        }
        if (!arg.startsWith("-") || !program.equals("curl")) {
            return false;
        }
        for (int i = 1; i < arg.length(); i++) {
            char c = arg.charAt(i);
            if (CURL_SHORT.indexOf(c) >= 0) {
                String value = i + 1 < arg.length() ? arg.substring(i + 1) : next;
                return switch (c) {
                    case 'X' -> !PLAIN_METHODS.contains(value.toLowerCase(Locale.ROOT));
                    case 'H' -> !plainHeaderValue(value);
                    default -> true;
                };
            }
            if ("oDcmwrCyYQPtUzE".indexOf(c) >= 0) {
                return false;
            }
        }
        return false;
    }

    private static boolean plainHeader(String name, String arg, String next) {
        return name.equals("--header")
                && plainHeaderValue(arg.contains("=") ? arg.substring(arg.indexOf('=') + 1) : next);
    }

    private static boolean plainHeaderValue(String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        return value.length() <= 80 && (lower.startsWith("accept:") || lower.startsWith("accept-language:"));
    }

    /** Whether an address is long, odd or computed enough to hold data of ours. */
    static Optional<String> carries(String url, Set<String> known) {
        if (url.indexOf('$') >= 0 || url.indexOf('`') >= 0) {
            return Optional.of("the address is computed");
        }
        if (!Redactor.redact(url).equals(url)) {
            return Optional.of("the address holds what looks like a secret");
        }
        String rest = url.contains("://") ? url.substring(url.indexOf("://") + 3) : url;
        int slash = rest.indexOf('/');
        int query = rest.indexOf('?');
        int end = slash < 0 ? query : query < 0 ? slash : Math.min(slash, query);
        String host = (end < 0 ? rest : rest.substring(0, end)).toLowerCase(Locale.ROOT);
        if (host.contains("@") && !host.startsWith("git@")) {
            return Optional.of("the address holds a name or password");
        }
        boolean met = known.contains(host.replaceFirst(":[0-9]+$", ""));
        for (String label : host.split("\\.", -1)) {
            boolean sentence =
                    label.length() >= 22 && label.chars().filter(c -> c == '-').count() >= 3;
            if (label.length() > 32 || sentence || (label.length() >= 16 && dense(label))) {
                return Optional.of("the host's name is long enough to hold data");
            }
        }
        if (end < 0) {
            return Optional.empty();
        }
        String tail = rest.substring(end);
        if (tail.length() > 500) {
            return Optional.of("the address is long enough to hold data");
        }
        if (escaped(tail)) {
            return Optional.of("the address escapes letters that need no escape");
        }
        for (String part : tail.split("[/?&=#;:]", -1)) {
            if (!met
                    && (part.length() > 100
                            || part.chars().filter(Character::isDigit).count() >= 20)
                    && !part.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
                return Optional.of("a part of the address is long enough to hold data");
            }
            boolean commit =
                    part.matches("[0-9a-f]{7,64}") || part.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
            if (part.length() >= 20 && dense(part) && !(commit && met)) {
                return Optional.of("a part of the address looks like data");
            }
        }
        if (!met && query >= 0) {
            int values = 0;
            int pairs = 0;
            for (String pair : rest.substring(query + 1).split("[&#]", -1)) {
                String value = pair.substring(pair.indexOf('=') + 1);
                pairs++;
                values += value.length();
                if (values > 40
                        || (values > 24 && pairs >= 3)
                        || value.indexOf('@') >= 0
                        || (value.length() >= 12 && mixed(value))) {
                    return Optional.of("the address hands a value to a host that is new to this session");
                }
            }
        }
        return Optional.empty();
    }

    /** Whether a word of it, as a search query parts words, has both letters and digits. */
    private static boolean mixed(String value) {
        for (String word : value.split("\\+|%20", -1)) {
            if (word.chars().anyMatch(Character::isDigit)
                    && word.chars().anyMatch(Character::isLetter)
                    && word.length() > 7) {
                return true;
            }
        }
        return false;
    }

    private static boolean escaped(String tail) {
        int n = 0;
        for (int at = tail.indexOf('%'); at >= 0 && at + 2 < tail.length(); at = tail.indexOf('%', at + 1)) {
            int value = Character.digit(tail.charAt(at + 1), 16) * 16 + Character.digit(tail.charAt(at + 2), 16);
            n += value > 0 && value < 128 && Character.isLetterOrDigit(value) ? 1 : 0;
        }
        return n >= 3;
    }

    private static boolean token(String text) {
        if (!Redactor.redact(text).equals(text) || text.length() > 400) {
            return true;
        }
        for (String word : text.split("\\s+", -1)) {
            if (word.length() >= 24 && dense(word)) {
                return true;
            }
        }
        return false;
    }

    /** Letters and digits mixed as words do not mix them: three or more changes between them or of case. */
    private static boolean dense(String text) {
        int changes = 0;
        int before = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int kind = Character.isDigit(c) ? 1 : Character.isUpperCase(c) ? 2 : Character.isLetter(c) ? 3 : 0;
            if (kind == 0) {
                before = 0;
                continue;
            }
            changes += before != 0 && kind != before && !(before == 2 && kind == 3) ? 1 : 0;
            before = kind;
        }
        return changes * 6 >= text.length();
    }

    /** A program from a registry that is named in the command and not in the project. */
    static Optional<String> undeclared(Action action) {
        for (Effect effect : action.effects()) {
            if (!(effect instanceof Effect.Run run) || run.argv().size() < 2) {
                continue;
            }
            String program = program(run.argv());
            if (program.equals("gh") && changes(run.argv())) {
                return Optional.of("gh is told to do more than to read");
            }
            if (program.equals("corepack") && !run.argv().get(1).equals("enable")) {
                return Optional.of("corepack runs a program from a registry");
            }
            if (CONTAINERS.contains(program)
                    && (run.argv().get(1).equals("pull") || run.argv().stream().anyMatch(Outflow::remote))) {
                return Optional.of(program + " builds from an address");
            }
            if (program.equals("go")
                    && run.argv().get(1).equals("run")
                    && run.argv().stream().anyMatch(arg -> arg.contains("@"))) {
                return Optional.of("go runs a program from a registry");
            }
            if (FOREIGN_RUNNERS.contains(program)) {
                return Optional.of(program + " runs a program from a registry");
            }
            if (INSTALLERS.contains(program) && names(run.argv())) {
                return Optional.of(program + " installs what the command names");
            }
        }
        return Optional.empty();
    }

    private static boolean names(List<String> argv) {
        boolean install = false;
        for (int i = 1; i < argv.size(); i++) {
            String arg = argv.get(i);
            if (!install) {
                install = INSTALL.contains(arg) && (!arg.equals("exec") || NODE.contains(program(argv)));
            } else if (arg.equals("-r")
                    || arg.equals("--requirement")
                    || arg.equals("-c")
                    || arg.equals("--path")
                    || arg.equals("-e")
                    || arg.equals("--editable")
                    || arg.equals("--prefix")) {
                String value = i + 1 < argv.size() ? argv.get(i + 1) : "";
                if (value.contains("://")) {
                    return true;
                }
                i++;
            } else if (!arg.startsWith("-") && !arg.startsWith(".") && !arg.startsWith("/")) {
                return true;
            } else if (arg.contains("://")) {
                return true;
            }
        }
        return false;
    }
}
