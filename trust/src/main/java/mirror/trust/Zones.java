package mirror.trust;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names the neighbourhoods a path lies in, so that policy rules speak of {@code secret} and {@code project} and not of folders.
 * A path may lie in several zones, and in none ({@code elsewhere}). Pure: it compares names and never touches the disk; paths come
 * here resolved.
 * Immutable.
 */
public final class Zones {
    private static final List<String> SECRET_IN_HOME = List.of(
            ".ssh",
            ".gnupg",
            ".aws",
            ".azure",
            ".kube",
            ".netrc",
            ".npmrc",
            ".pypirc",
            ".pgpass",
            ".my.cnf",
            ".git-credentials",
            ".docker/config.json",
            ".config/gcloud",
            ".config/gh",
            ".config/git/credentials",
            ".config/op",
            ".password-store",
            ".local/share/keyrings",
            ".cargo/credentials",
            ".cargo/credentials.toml",
            ".gem/credentials",
            ".m2/settings.xml",
            ".m2/settings-security.xml",
            ".gradle/gradle.properties",
            ".claude/.credentials.json",
            ".codex/auth.json",
            ".gemini/oauth_creds.json",
            ".mozilla",
            ".config/google-chrome",
            ".config/chromium",
            "Library/Keychains",
            "Library/Application Support/Google/Chrome",
            "Library/Application Support/Firefox");

    private static final Pattern SECRET_NAME = Pattern.compile(
            "\\.env(\\..*)?|.*\\.env"
                    + "|id_(rsa|dsa|ecdsa|ed25519).*"
                    + "|.*\\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk)"
                    + "|(credentials|secrets)(\\.(json|yaml|yml|toml))?"
                    + "|shadow|gshadow|sudoers|master\\.passwd",
            Pattern.DOTALL);

    private static final Set<String> NOT_SECRET_NAMES =
            Set.of(".env.example", ".env.sample", ".env.template", ".env.dist", "example.env");

    private static final List<String> AGENT_SETTINGS = List.of(
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".claude/hooks",
            ".claude.json",
            ".mcp.json",
            ".codex/config.toml",
            ".codex/hooks.json",
            ".codex/rules",
            ".gemini/settings.json",
            ".gemini/policies",
            ".config/opencode",
            "opencode.json",
            ".opencode/plugin",
            ".opencode/plugins");

    private static final List<String> STARTUP_IN_HOME = List.of(
            ".profile",
            ".bashrc",
            ".bash_profile",
            ".bash_login",
            ".bash_logout",
            ".bash_aliases",
            ".zshrc",
            ".zshenv",
            ".zprofile",
            ".zlogin",
            ".inputrc",
            ".gitconfig",
            ".config/git",
            ".config/fish",
            ".config/autostart",
            ".config/systemd",
            ".config/environment.d",
            "Library/LaunchAgents",
            ".crontab");

    private static final List<String> CACHES_IN_HOME = List.of(
            ".m2",
            ".gradle",
            ".cargo",
            ".rustup",
            ".npm",
            ".nvm",
            ".pyenv",
            ".rbenv",
            ".sdkman",
            ".volta",
            ".cache",
            ".local/lib",
            ".local/bin",
            ".local/share/pnpm",
            "go/pkg",
            "Library/Caches",
            ".claude");

    private static final List<Path> SYSTEM = List.of(
            Path.of("/bin"),
            Path.of("/sbin"),
            Path.of("/usr"),
            Path.of("/lib"),
            Path.of("/lib64"),
            Path.of("/etc"),
            Path.of("/boot"),
            Path.of("/dev"),
            Path.of("/proc"),
            Path.of("/sys"),
            Path.of("/run"),
            Path.of("/var"),
            Path.of("/opt"),
            Path.of("/nix"),
            Path.of("/System"),
            Path.of("/Library"),
            Path.of("/Applications"),
            Path.of("/private/etc"),
            Path.of("/private/var"));

    private static final List<Path> SETTINGS =
            AGENT_SETTINGS.stream().map(Path::of).toList();

    /** How the settings' paths begin: a path without one of these names is none of them. */
    private static final Set<String> SETTINGS_NAMES =
            SETTINGS.stream().map(path -> path.getName(0).toString()).collect(Collectors.toUnmodifiableSet());

    private final Path user;

    /** The zones that begin at a folder, by the folder. */
    private final Map<String, Set<String>> folders = new HashMap<>();

    /**
     * @param user the person's home folder
     * @param mirror Mirror's own home
     * @param program folder that Mirror's program files run from
     * @param temp folders for temporary files
     */
    public Zones(Path user, Path mirror, Path program, List<Path> temp) {
        this.user = user;
        begin("home", user);
        begin("mirror", mirror);
        begin("program", program);
        temp.forEach(folder -> begin("temp", folder));
        SECRET_IN_HOME.forEach(name -> begin("secret", user.resolve(name)));
        STARTUP_IN_HOME.forEach(name -> begin("startup", user.resolve(name)));
        CACHES_IN_HOME.forEach(name -> begin("cache", user.resolve(name)));
        SYSTEM.forEach(folder -> begin("system", folder));
    }

    private void begin(String zone, Path folder) {
        folders.computeIfAbsent(folder.toString(), _ -> new HashSet<>()).add(zone);
    }

    public Path user() {
        return user;
    }

    /**
     * The zones of {@code path}.
     *
     * @param project root of the project the session works in
     */
    public Set<String> of(Path path, Path project) {
        Set<String> zones = new TreeSet<>();
        String text = path.toString();
        boolean settings = false;
        // Every folder above the path, and the path, from its first name to its last.
        for (int from = text.startsWith("/") ? 1 : 0, to = 0; to < text.length(); from = to + 1) {
            int slash = text.indexOf('/', from);
            to = slash < 0 ? text.length() : slash;
            Set<String> begin = folders.getOrDefault(text.substring(0, to), Set.of());
            // A home that lies in a temporary or a system folder is not one of its files.
            if (begin.contains("home")) {
                zones.removeAll(Set.of("temp", "system"));
            }
            zones.addAll(begin);
            settings |= SETTINGS_NAMES.contains(text.substring(from, to));
        }
        zones.addAll(folders.getOrDefault("/", Set.of()));
        // What holds the person's home is no project: it would make every secret of the person one of the project's.
        if (!user.startsWith(project) && path.startsWith(project)) {
            zones.add("project");
            if (path.equals(project)) {
                zones.add("project-root");
            }
            // A project that lies in a temporary folder is a project all the same.
            zones.remove("temp");
        }
        if (zones.contains("temp")) {
            zones.remove("system");
        }
        if (hasSecretName(path)) {
            zones.add("secret");
        }
        if (settings && isAgentSettings(path, project)) {
            zones.add("settings");
        }
        if (text.contains(".git/") && isGitHook(path)) {
            zones.add("startup");
        }
        if (path.getNameCount() == 0 || user.startsWith(path)) {
            zones.add("root");
            zones.remove("temp");
        }
        if (zones.isEmpty()) {
            zones.add("elsewhere");
        }
        return zones;
    }

    private static boolean hasSecretName(Path path) {
        Path name = path.getFileName();
        if (name == null
                || NOT_SECRET_NAMES.contains(name.toString())
                || name.toString().endsWith(".pub")) {
            return false;
        }
        return SECRET_NAME.matcher(name.toString()).matches();
    }

    private boolean isAgentSettings(Path path, Path project) {
        if (path.endsWith(".mcp.json") || settingsOf(user, path) || settingsOf(project, path)) {
            return true;
        }
        for (int i = 0; i < SETTINGS.size(); i++) {
            // Below any folder, when its name says more than a file's name does.
            if (AGENT_SETTINGS.get(i).contains("/") && path.endsWith(SETTINGS.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the path is one of the settings below {@code root}, lies in one, or is a folder of them that goes by their name. */
    private static boolean settingsOf(Path root, Path path) {
        boolean folder = path.endsWith(".claude");
        if (!path.startsWith(root)) {
            return folder && root.startsWith(path);
        }
        Path within = root.relativize(path);
        for (Path settings : SETTINGS) {
            if (within.startsWith(settings) || (folder && (path.equals(root) || settings.startsWith(within)))) {
                return true;
            }
        }
        return false;
    }

    /** A program that git runs on its own: the hooks, and the configuration that can name programs. */
    private static boolean isGitHook(Path path) {
        for (int i = 0; i < path.getNameCount() - 1; i++) {
            if (path.getName(i).toString().equals(".git")) {
                String next = path.getName(i + 1).toString();
                if (next.equals("hooks") || next.equals("config")) {
                    return true;
                }
            }
        }
        return false;
    }
}
