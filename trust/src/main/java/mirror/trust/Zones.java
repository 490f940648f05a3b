package mirror.trust;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Names the neighbourhoods a path lies in, so that policy rules speak of {@code secret} and {@code project} and not of folders.
 * A path may lie in several zones, and in none ({@code elsewhere}). Pure: it compares names and never touches the disk; paths come
 * here resolved.
 *
 * @param user the person's home folder
 * @param mirror Mirror's own home
 * @param program folder that Mirror's program files run from
 * @param temp folders for temporary files
 */
public record Zones(Path user, Path mirror, Path program, List<Path> temp) {
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

    private static final List<PathMatcher> SECRET_NAMES = List.of(
            glob("{.env,.env.*,*.env}"),
            glob("{id_rsa,id_dsa,id_ecdsa,id_ed25519}*"),
            glob("*.{pem,key,p12,pfx,jks,keystore,kdbx,ppk}"),
            glob("{credentials,secrets}{,.json,.yaml,.yml,.toml}"),
            glob("{shadow,gshadow,sudoers,master.passwd}"));

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

    private static PathMatcher glob(String pattern) {
        return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    }

    /**
     * The zones of {@code path}.
     *
     * @param project root of the project the session works in
     */
    public Set<String> of(Path path, Path project) {
        Set<String> zones = new TreeSet<>();
        // What holds the person's home is no project: it would make every secret of the person one of the project's.
        boolean inProject = !user.startsWith(project) && path.startsWith(project);
        // A project that lies in a temporary folder is a project all the same.
        boolean inTemp = !inProject && temp.stream().anyMatch(path::startsWith);
        if (path.startsWith(mirror)) {
            zones.add("mirror");
        }
        if (path.startsWith(program)) {
            zones.add("program");
        }
        if (inProject) {
            zones.add("project");
            if (path.equals(project)) {
                zones.add("project-root");
            }
        }
        if (inTemp) {
            zones.add("temp");
        }
        if (isSecret(path)) {
            zones.add("secret");
        }
        if (isAgentSettings(path, project)) {
            zones.add("settings");
        }
        if (isGitHook(path) || inHome(path, STARTUP_IN_HOME)) {
            zones.add("startup");
        }
        if (inHome(path, CACHES_IN_HOME)) {
            zones.add("cache");
        }
        if (!inTemp && SYSTEM.stream().anyMatch(path::startsWith)) {
            zones.add("system");
        }
        if (path.startsWith(user)) {
            zones.add("home");
        }
        if (path.getNameCount() == 0 || user.startsWith(path)) {
            zones.add("root");
        }
        if (zones.isEmpty()) {
            zones.add("elsewhere");
        }
        return zones;
    }

    private boolean isSecret(Path path) {
        if (inHome(path, SECRET_IN_HOME)) {
            return true;
        }
        Path name = path.getFileName();
        if (name == null
                || NOT_SECRET_NAMES.contains(name.toString())
                || name.toString().endsWith(".pub")) {
            return false;
        }
        return SECRET_NAMES.stream().anyMatch(pattern -> pattern.matches(name));
    }

    private boolean isAgentSettings(Path path, Path project) {
        return Stream.of(user, project)
                        .anyMatch(root -> AGENT_SETTINGS.stream().anyMatch(file -> {
                            Path settings = root.resolve(file);
                            return path.startsWith(settings) || (settings.startsWith(path) && path.endsWith(".claude"));
                        }))
                || AGENT_SETTINGS.stream().anyMatch(file -> file.contains("/") && path.endsWith(file))
                || path.endsWith(".mcp.json");
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

    private boolean inHome(Path path, List<String> folders) {
        return folders.stream().anyMatch(folder -> path.startsWith(user.resolve(folder)));
    }
}
