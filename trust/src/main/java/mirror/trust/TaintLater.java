package mirror.trust;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an action leaves behind that acts later and on its own: texts that assistants obey, files whose programs editors, hooks and build
 * servers start, settings of package managers, and steps of the build that go to the network or start programs. Pure.
 */
final class TaintLater {
    /** Paths in a project whose words assistants follow, or whose programs start without anybody naming them. */
    private static final Pattern ACTS = Pattern.compile("(?:^|/)(?:"
            // what assistants read
            + "(?:claude|claude\\.local|agents?|gemini|copilot-instructions|conventions|skill)\\.md"
            + "|\\.(?:cursorrules|windsurfrules|clinerules|goosehints|roorules|aider\\.conf\\.yml|mcp\\.json)"
            + "|\\.(?:cursor|claude|codex|gemini|opencode|windsurf|clinerules|roo|continue|kiro|amazonq|junie)/.+"
            // what editors and git start
            + "|\\.(?:vscode|zed|devcontainer|husky|githooks)/.+|\\.idea/runconfigurations/.+|\\.devcontainer\\.json"
            + "|\\.pre-commit-config\\.yaml|lefthook\\.ya?ml|\\.bazelrc|\\.yarn/.+|\\.lintstagedrc.*|\\.envrc|\\.gitattributes|\\.gitmodules|\\.gitconfig"
            + "|\\.git/(?:hooks|config|info|modules).*"
            // build servers
            + "|\\.github/(?:workflows|actions|instructions|prompts)/.+|\\.github/dependabot\\.yml|\\.gitlab-ci\\.yml|\\.circleci/.+"
            + "|jenkinsfile|azure-pipelines\\.ya?ml|\\.travis\\.yml|bitbucket-pipelines\\.yml|\\.drone\\.yml|\\.buildkite/.+"
            + "|appveyor\\.yml|cloudbuild\\.yaml|\\.woodpecker.*"
            // where packages come from, and code that loads by its name alone
            + "|\\.npmrc|\\.yarnrc.*|\\.pnpmfile\\.cjs|pip\\.conf|\\.pypirc|bunfig\\.toml|\\.cargo/config.*|\\.mvn/.+"
            + "|gradle-wrapper\\.(?:properties|jar)|(?:site|user)customize\\.py|[^/]+\\.pth"
            + ")$");

    /** Files that a build, a test or a container runs. */
    private static final Pattern RUNS =
            Pattern.compile("(?:^|/)(?:package\\.json|(?:gnu)?makefile|[^/]+\\.mk|justfile|taskfile\\.ya?ml"
                    + "|rakefile|gemfile|procfile|vagrantfile|dockerfile.*|containerfile|(?:docker-)?compose[^/]*\\.ya?ml|conftest\\.py|tasks\\.py|[^/]*requirements[^/]*\\.txt|go\\.mod|cargo\\.toml|composer\\.json|setup\\.(?:py|cfg)"
                    + "|noxfile\\.py|tox\\.ini|pyproject\\.toml|[^/]+\\.gradle(?:\\.kts)?|gradlew|mvnw|pom\\.xml|build\\.(?:xml|rs|sbt|zig)|cmakelists\\.txt"
                    + "|gulpfile\\.[a-z]+|[^/]+\\.config\\.[cm]?[jt]s|[^/]+\\.(?:sh|bash|zsh|fish|ps1|bat|cmd))$");

    /** A step that talks to the network, hides what it runs, or runs when packages are installed. */
    private static final Pattern STEP = Pattern.compile(
            "\\b(?:curl|wget|ncat|netcat|socat|scp|sftp|rsync|ssh|nslookup|dig|telnet|iwr|urllib|urlopen|base64|eval|child_process"
                    + "|subprocess|gist|webhook|crontab|nohup|npx|invoke-webrequest|invoke-restmethod)\\b|\\bnc\\s|/dev/(?:tcp|udp)/"
                    + "|\\|\\s*(?:ba|z)?sh\\b|\\b(?:fetch|exec|system|popen|spawn)\\(|command::new|\\bsocket\\b|requests\\.|http\\.client"
                    + "|index-url|<(?:plugin)?repository>|apply from:|git\\+|exec-maven-plugin|antrun|\"(?:(?:pre|post)(?:install|pack|publish|uninstall)|prepare|prepublishonly|install)\"\\s*:",
            Pattern.CASE_INSENSITIVE);

    private static final Set<String> PLACERS = Set.of("cp", "ln", "install", "mv", "dd");

    /** Settings of git that name programs or other places. */
    private static final Pattern GIT_SETTING = Pattern.compile(
            "(?:alias|credential|url|filter|diff|merge|include|includeif|gpg|remote|protocol|http|difftool|mergetool)\\..*"
                    + "|core\\.(?:sshcommand|hookspath|fsmonitor|pager|editor|attributesfile|gitproxy|worktree|askpass)|sequence\\.editor"
                    + "|init\\.templatedir|uploadpack\\..*",
            Pattern.CASE_INSENSITIVE);

    /** Variables that name programs or code which another program starts. */
    private static final Pattern VARIABLE = Pattern.compile(
            "(?:^|[\\s;&|(])(?:GIT_(?:SSH|SSH_COMMAND|EDITOR|SEQUENCE_EDITOR|PAGER|PROXY_COMMAND|EXTERNAL_DIFF|ASKPASS|CONFIG\\w*|TEMPLATE_DIR)"
                    + "|EDITOR|VISUAL|PAGER|LD_PRELOAD|LD_LIBRARY_PATH|DYLD_\\w+|NODE_OPTIONS|PYTHONSTARTUP|PYTHONPATH|BASH_ENV|PERL5OPT"
                    + "|RUBYOPT|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|PIP_(?:EXTRA_)?INDEX_URL|npm_config_registry|RUSTC_WRAPPER|PATH)="
                    + "(?!['\"]?(?:cat|true|less|:|\\.|src|lib)['\"]?(?:\\s|$))");

    /** What starts the code that a file holds. */
    private static final Set<String> STARTERS = Set.of(
            "sh",
            "bash",
            "zsh",
            "dash",
            "fish",
            "python",
            "python3",
            "node",
            "ruby",
            "perl",
            "php",
            "deno",
            "bun",
            "source",
            ".",
            "make",
            "gradle",
            "gradlew",
            "mvn",
            "mvnw",
            "java",
            "lua",
            "osascript",
            "pwsh");

    private static final Set<String> BUILDERS = Set.of("mvn", "mvnw", "gradle", "gradlew");

    /** Where a download may lie whose content nobody has looked at. */
    private static final List<String> DROPS = List.of("/tmp/", "/var/tmp/", "/dev/shm/");

    private static final Pattern SCRIPT =
            Pattern.compile("\\.(?:py|[cm]?js|ts|rb|pl|php|jar|exe|bin|lua|so|node|wasm)$");

    private static final Set<String> AGENTS =
            Set.of("claude", "codex", "gemini", "opencode", "aider", "goose", "cursor-agent", "amp", "copilot");

    private static final Set<String> EDITORS =
            Set.of("code", "codium", "cursor", "windsurf", "idea", "jetbrains-toolbox");

    private static final Set<String> ENGINES = Set.of("docker", "podman", "nerdctl");

    /** What an engine does with an image or in a container; what lists, shows and stops is not among it. */
    private static final Set<String> STARTS = Set.of("run", "exec", "create", "pull", "load", "import");

    private TaintLater() {}

    /** Why something of it would act later, or nothing. */
    static Optional<String> of(Action action) {
        boolean network = action.effects().stream().anyMatch(Effect.Egress.class::isInstance);
        boolean placed = false;
        for (Effect effect : action.effects()) {
            if (effect instanceof Effect.Run run && !run.argv().isEmpty()) {
                placed |= PLACERS.contains(Outflow.program(run.argv()));
                Optional<String> why = setting(run.argv());
                if (why.isPresent()) {
                    return why;
                }
            }
        }
        if (action.tool().equals("Bash")
                && VARIABLE.matcher(action.input().path("command").asString("")).find()) {
            return Optional.of("this sets a variable that names a program for another to start");
        }
        for (Effect effect : action.effects()) {
            if (!(effect instanceof Effect.Write(Path path)) || !path.startsWith(action.project())) {
                continue;
            }
            String name = action.project().relativize(path).toString().toLowerCase(Locale.ROOT);
            // A program of git's own writes its folder; only who writes there by hand is meant.
            if (ACTS.matcher(name).find() && !(name.startsWith(".git/") && git(action))) {
                return Optional.of("this writes " + path + ", which assistants obey or programs start on their own");
            }
            if (network && !git(action) && SCRIPT.matcher(name).find() && fetched(action)) {
                return Optional.of("this fetches a program into " + path);
            }
            if (RUNS.matcher(name).find() && ((network && !git(action)) || placed || steps(action))) {
                return Optional.of("this writes a step into " + path + " that runs later");
            }
        }
        return Optional.empty();
    }

    private static boolean fetched(Action action) {
        return action.effects().stream()
                .anyMatch(effect -> effect instanceof Effect.Run run
                        && !run.argv().isEmpty()
                        && Set.of("curl", "wget", "wget2").contains(Outflow.program(run.argv())));
    }

    private static boolean git(Action action) {
        return action.effects().stream()
                .anyMatch(effect -> effect instanceof Effect.Run run
                        && !run.argv().isEmpty()
                        && Outflow.program(run.argv()).equals("git"));
    }

    /** What is written, not what is replaced. */
    private static boolean steps(Action action) {
        JsonNode input = action.input().deepCopy();
        if (input.isObject()) {
            ((ObjectNode) input).remove("old_string");
        }
        StringBuilder text = new StringBuilder();
        texts(input, text);
        // printf and echo write line ends and tabs as two characters each.
        return STEP.matcher(text).find()
                || STEP.matcher(text.toString().replaceAll("\\\\[ntr]", " ")).find();
    }

    private static void texts(JsonNode node, StringBuilder out) {
        if (node.isString()) {
            out.append(node.asString()).append('\n');
        }
        for (JsonNode child : node) {
            texts(child, out);
        }
    }

    private static Optional<String> setting(List<String> argv) {
        String program = Outflow.program(argv);
        if (AGENTS.contains(program) && argv.size() > 1 && !argv.get(1).equals("--version")) {
            return Optional.of("this starts or changes another assistant (" + program + ")");
        }
        if (EDITORS.contains(program) && argv.contains("--install-extension")) {
            return Optional.of("this installs an extension");
        }
        if (program.equals("git")) {
            return git(argv);
        }
        if (ENGINES.contains(program)
                && argv.stream()
                        .skip(1)
                        .filter(word -> !word.startsWith("-"))
                        .limit(2)
                        .anyMatch(STARTS::contains)) {
            return Optional.of("this brings or starts a container, whose programs nobody has looked at");
        }
        if (program.equals("shred") || program.equals("wipe") || program.equals("srm")) {
            return Optional.of("this destroys what files hold");
        }
        if (DROPS.stream().anyMatch(argv.getFirst()::startsWith)
                || (STARTERS.contains(program)
                        && argv.stream().skip(1).anyMatch(arg -> DROPS.stream().anyMatch(arg::startsWith)))) {
            return Optional.of("this runs what lies in a folder for temporary files");
        }
        if (BUILDERS.contains(program)
                && argv.stream()
                        .anyMatch(arg -> arg.contains("://")
                                || arg.equals("-s")
                                || arg.equals("-gs")
                                || arg.equals("--settings")
                                || arg.equals("-I")
                                || arg.equals("--init-script")
                                || arg.endsWith("dependency:get"))) {
            return Optional.of(program + " is told where programs come from");
        }
        if ((program.equals("npm") || program.equals("pnpm") || program.equals("yarn"))
                && argv.size() > 2
                && (argv.get(1).equals("pkg")
                        || argv.get(1).equals("config")
                        || argv.get(1).equals("set-script"))
                && !argv.get(2).equals("get")
                && !argv.get(2).equals("list")) {
            return Optional.of(program + " changes what runs later or where packages come from");
        }
        return Optional.empty();
    }

    private static Optional<String> git(List<String> argv) {
        for (int i = 1; i < argv.size(); i++) {
            String arg = argv.get(i);
            String next = i + 1 < argv.size() ? argv.get(i + 1) : "";
            if (arg.equals("-c") || arg.startsWith("--config-env")) {
                if (GIT_SETTING.matcher(next.replaceFirst("(?s)=.*", "")).matches() || next.isEmpty()) {
                    return Optional.of("git is given a setting that names a program or a place");
                }
                i++;
            } else if (arg.equals("config")) {
                List<String> rest = argv.subList(i + 1, argv.size()).stream()
                        .filter(word -> !word.startsWith("-") && !word.equals("set"))
                        .toList();
                return rest.size() > 1 && GIT_SETTING.matcher(rest.getFirst()).matches()
                        ? Optional.of("git is given a setting that names a program or a place")
                        : Optional.empty();
            } else if (arg.equals("remote") || arg.equals("submodule")) {
                return next.equals("add")
                                || next.equals("set-url")
                                || next.equals("rename")
                                || next.equals("set-branches")
                        ? Optional.of("git " + arg + " " + next + " changes where the project goes to or comes from")
                        : Optional.empty();
            } else if (!arg.startsWith("-")) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }
}
