package mirror.surface.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import mirror.trust.TrustException;
import mirror.trust.claims.Fact;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a git work tree holds: commits, contributors, tracked files, lines by language, tests, its version and those of its
 * dependencies. Tests are counted by the mark that starts one ({@code @Test}, {@code def test_}, {@code func Test}, {@code #[test]},
 * {@code it(}), so one that runs many times counts once. Files over {@value #LARGE} bytes and beyond the first {@value #MOST} are
 * files without lines.
 */
public final class RepoProbe {
    private static final int MOST = 50_000;
    private static final int LARGE = 4 * 1024 * 1024;
    private static final int DEPENDENCIES = 200;

    private static final Map<String, String> LANGUAGES = Map.ofEntries(
            Map.entry("java", "Java"),
            Map.entry("kt", "Kotlin"),
            Map.entry("py", "Python"),
            Map.entry("go", "Go"),
            Map.entry("rs", "Rust"),
            Map.entry("js", "JavaScript"),
            Map.entry("mjs", "JavaScript"),
            Map.entry("ts", "TypeScript"),
            Map.entry("tsx", "TypeScript"),
            Map.entry("c", "C"),
            Map.entry("h", "C"),
            Map.entry("cpp", "C++"),
            Map.entry("rb", "Ruby"),
            Map.entry("sh", "Shell"),
            Map.entry("md", "Markdown"),
            Map.entry("html", "HTML"),
            Map.entry("css", "CSS"));

    private static final Pattern PROPERTY =
            Pattern.compile("<([A-Za-z0-9._-]{1,60})\\.version>([^<\\s]{1,60})</[A-Za-z0-9._-]{1,60}\\.version>");
    private static final Pattern POM_VERSION = Pattern.compile("<version>([^<\\s$]{1,60})</version>");
    private static final Pattern TOML_VERSION = Pattern.compile("(?m)^version *= *\"([^\"\\n]{1,60})\"");

    private final Path project;
    private final Instant now;
    private final List<Fact> facts = new ArrayList<>();

    private RepoProbe(Path project, Instant now) {
        this.project = project;
        this.now = now;
    }

    /** @throws TrustException when it is no git work tree with a commit */
    public static List<Fact> facts(Path project, Instant now) throws IOException {
        RepoProbe probe = new RepoProbe(project, now);
        probe.history();
        probe.files();
        probe.versions();
        return probe.facts;
    }

    private void add(String subject, String value, String unit, String how, String evidence) {
        facts.add(new Fact(
                project.toString(),
                subject,
                value,
                unit,
                how,
                AtomicFiles.digest(evidence.getBytes(StandardCharsets.UTF_8)),
                now,
                ""));
    }

    private void history() throws IOException {
        // Before the first commit there is no HEAD to ask about.
        if (Git.ask(project, "rev-list", "--all", "--max-count=1").isBlank()) {
            return;
        }
        String commits = Git.ask(project, "rev-list", "--count", "HEAD").strip();
        add("repo commits", commits, "commits", "git rev-list --count HEAD", commits);
        String people = Git.ask(project, "shortlog", "-sne", "HEAD");
        add("repo contributors", "" + people.lines().count(), "contributors", "git shortlog -sne HEAD", people);
    }

    private void files() throws IOException {
        String listing = Git.ask(project, "ls-files", "-z");
        List<String> names = Git.parts(listing);
        add("repo files", "" + names.size(), "files", "git ls-files", listing);
        Map<String, Long> lines = new TreeMap<>();
        long tests = 0;
        for (String name : names.subList(0, Math.min(MOST, names.size()))) {
            String language =
                    LANGUAGES.get(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
            Path file = project.resolve(name);
            if (language == null || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LARGE) {
                continue;
            }
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            lines.merge(language, text.lines().count(), Long::sum);
            tests += text.lines()
                    .filter(line -> startsTest(language, line.strip()))
                    .count();
        }
        String counted = lines + " " + tests;
        String how = "counted in the tracked files";
        add("repo lines", "" + lines.values().stream().mapToLong(n -> n).sum(), "lines", how, counted);
        lines.forEach((language, n) -> add("repo lines " + language, "" + n, "lines", how, counted));
        add("repo tests", "" + tests, "tests", how, counted);
    }

    private static boolean startsTest(String language, String line) {
        return switch (language) {
            case "Java", "Kotlin" ->
                line.startsWith("@Test") || line.startsWith("@ParameterizedTest") || line.startsWith("@RepeatedTest");
            case "Python" -> line.startsWith("def test_") || line.startsWith("async def test_");
            case "Go" -> line.startsWith("func Test");
            case "Rust" -> line.startsWith("#[test]") || line.startsWith("#[tokio::test");
            case "JavaScript", "TypeScript" -> line.startsWith("it(") || line.startsWith("test(");
            default -> false;
        };
    }

    private void versions() throws IOException {
        String pom = text("pom.xml");
        Map<String, String> dependencies = new LinkedHashMap<>();
        if (!pom.isEmpty()) {
            int parent = pom.indexOf("</parent>");
            Matcher own = POM_VERSION.matcher(parent < 0 ? pom : pom.substring(parent));
            if (own.find()) {
                add("repo version", own.group(1), "version", "pom.xml", pom);
            }
            Matcher property = PROPERTY.matcher(pom);
            while (property.find() && dependencies.size() < DEPENDENCIES) {
                dependencies.put(property.group(1), property.group(2));
            }
            dependencies.forEach(
                    (name, version) -> add("dependency " + name, version, "version", "a property of pom.xml", pom));
        }
        String npm = text("package.json");
        if (!npm.isEmpty()) {
            npm(npm);
        }
        Matcher toml = TOML_VERSION.matcher(text("pyproject.toml"));
        if (toml.find()) {
            add("repo version", toml.group(1), "version", "pyproject.toml", text("pyproject.toml"));
        }
        try {
            String tag = Git.ask(project, "describe", "--tags", "--abbrev=0").strip();
            add("repo tag", tag.startsWith("v") ? tag.substring(1) : tag, "version", "git describe --tags", tag);
        } catch (TrustException e) {
            // A repository without tags has no version by tag, which is no fault of it.
            return;
        }
    }

    private void npm(String text) {
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new TrustException(project.resolve("package.json") + " is not JSON");
        }
        if (!json.path("version").asString("").isEmpty()) {
            add("repo version", json.path("version").asString(), "version", "package.json", text);
        }
        json.path("dependencies").properties().stream().limit(DEPENDENCIES).forEach(entry -> {
            String version = entry.getValue().asString("").replaceFirst("^[\\^~=v]+", "");
            if (!version.isEmpty()) {
                add("dependency " + entry.getKey(), version, "version", "package.json", text);
            }
        });
    }

    private String text(String name) throws IOException {
        Path file = project.resolve(name);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= LARGE
                ? Files.readString(file, StandardCharsets.ISO_8859_1)
                : "";
    }
}
