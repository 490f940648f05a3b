package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.probe.HardwareProbe;
import mirror.surface.probe.RepoProbe;
import mirror.trust.claims.Fact;
import mirror.trust.claims.Facts;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Records facts that published texts may state. */
record ProbeCommand() implements Command {
    private static final long LARGE = 16L * 1024 * 1024;

    @Override
    public String name() {
        return "probe";
    }

    @Override
    public String usage() {
        return "probe hardware | repo | bench FILE | add NAME VALUE UNIT --evidence FILE | list [--json]";
    }

    @Override
    public String summary() {
        return "measure facts that published texts may state";
    }

    @Override
    public String help() {
        return """
                hardware  processor, memory, disk, system and Java of this machine
                repo      commits, contributors, files, lines, tests and versions of the project you are in
                bench     the figures of 'mirror bench all --json >FILE'
                add       a figure of yours, such as: probe add 'image size' 48.2 MB --evidence build.log
                          The value must stand in the evidence. UNIT may be version or model, for what is no number.
                list      what is known of the project you are in and of this machine

                Of each name the last value counts. From a project's first probe on, agents may write into its publishable files
                only figures that a probe supports ('mirror claims --help').
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "evidence=", "json");
        List<String> rest = options.rest();
        Path project = core.state().continuity().projects().of(call.cwd()).toRealPath();
        return switch ((rest.isEmpty() ? "list" : rest.getFirst()) + " " + Math.max(1, rest.size())) {
            case "hardware 1" ->
                record(
                        core,
                        HardwareProbe.facts(core.home().root(), core.clock().instant()),
                        "daemon",
                        out);
            case "repo 1" -> record(core, RepoProbe.facts(project, core.clock().instant()), "daemon", out);
            case "bench 2" -> record(core, bench(core, project, call.path(rest.get(1))), "owner", out);
            case "add 4" -> record(core, List.of(added(core, project, call.cwd(), options)), "owner", out);
            case "list 1" -> list(core, project, options, out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int record(Core core, List<Fact> facts, String by, Out out) {
        List<Draft> drafts = facts.stream().map(fact -> Facts.record(fact, by)).toList();
        core.projector().record(drafts);
        facts.forEach(fact -> out.line(Style.plain(fact.text())));
        return Exit.OK;
    }

    private static byte[] evidence(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw CliException.no("there is no file " + file);
        }
        if (Files.size(file) > LARGE) {
            throw CliException.no(file + " is larger than " + LARGE + " bytes; give the part that shows the figure");
        }
        return Files.readAllBytes(file);
    }

    private Fact added(Core core, Path project, Path cwd, Options options) throws IOException {
        String value = options.rest().get(2);
        Path file = cwd.resolve(options.value("evidence")
                .orElseThrow(() -> CliException.usage("a fact needs --evidence FILE; usage: mirror " + usage())));
        byte[] bytes = evidence(file);
        if (!stands(value, new String(bytes, StandardCharsets.UTF_8))) {
            throw CliException.no("'" + Style.plain(value) + "' does not stand in " + file);
        }
        return new Fact(
                project.toString(),
                options.rest().get(1),
                value,
                options.rest().get(3),
                "by the owner, from " + file.getFileName(),
                AtomicFiles.digest(bytes),
                core.clock().instant(),
                "");
    }

    /** Whether the text has the value, and not only as a part of a longer number or word. */
    private static boolean stands(String value, String text) {
        for (int at = text.indexOf(value); at >= 0 && !value.isEmpty(); at = text.indexOf(value, at + 1)) {
            int end = at + value.length();
            boolean starts = at == 0 || !joins(text, at - 1);
            if (starts && (end == text.length() || !Character.isDigit(text.charAt(end)))) {
                boolean goesOn = end + 1 < text.length()
                        && (text.charAt(end) == '.' || text.charAt(end) == ',')
                        && Character.isDigit(text.charAt(end + 1));
                if (!goesOn) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean joins(String text, int at) {
        char c = text.charAt(at);
        return Character.isDigit(c) || ((c == '.' || c == ',') && at > 0 && Character.isDigit(text.charAt(at - 1)));
    }

    private static List<Fact> bench(Core core, Path project, Path file) throws IOException {
        byte[] bytes = evidence(file);
        String digest = AtomicFiles.digest(bytes);
        List<Fact> facts = new ArrayList<>();
        for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
            if (!line.startsWith("{")) {
                continue;
            }
            JsonNode row;
            try {
                row = Json.MAPPER.readTree(line);
            } catch (JacksonException e) {
                throw CliException.no(
                        "a line of " + file + " is not JSON; it must be the output of 'mirror bench all --json'");
            }
            String name = row.path("name").asString("");
            String unit = row.path("unit").asString("");
            String peer = row.path("peer").asString("");
            facts.add(figure(core, project, name, row.path("value"), unit, digest));
            if (row.path("peer_value").isNumber()) {
                facts.add(figure(core, project, name + " beside " + peer, row.path("peer_value"), unit, digest));
                facts.add(figure(core, project, name + " as a share of " + peer, row.path("ratio"), "x", digest));
            }
        }
        if (facts.isEmpty()) {
            throw CliException.no(file + " has no row of 'mirror bench all --json'");
        }
        return facts;
    }

    private static Fact figure(Core core, Path project, String name, JsonNode value, String unit, String digest) {
        String subject = name.length() <= 200 ? name : name.substring(0, 200);
        String number = value.isNumber() ? value.decimalValue().toPlainString() : "";
        return new Fact(
                project.toString(),
                subject,
                number,
                unit,
                "mirror bench",
                digest,
                core.clock().instant(),
                "");
    }

    private static int list(Core core, Path project, Options options, Out out) {
        List<Fact> facts = core.claims().facts().of(project.toString());
        if (options.has("json")) {
            ArrayNode array = Json.array();
            facts.forEach(fact -> array.add(Json.MAPPER.<JsonNode>valueToTree(fact)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (facts.isEmpty()) {
            out.line("nothing was probed; 'mirror probe hardware' and 'mirror probe repo' are a start");
        }
        for (Fact fact : facts) {
            out.line(Style.plain(fact.text()) + "  (" + (fact.project().isEmpty() ? "machine" : "project") + ", "
                    + Style.plain(fact.how()) + ", " + fact.time() + ")");
        }
        return Exit.OK;
    }
}
