package mirror.surface.cli;

import java.util.List;
import mirror.bus.Json;
import mirror.continuity.Memory;
import mirror.surface.Core;

/** What agents and sessions recorded, for its owner. */
record MemoryCommand() implements Command {
    private static final List<String> FAULTS = List.of("junk", "duplicate", "stale", "unsourced");

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String usage() {
        return "memory [list|search WORDS|audit] [--project PATH|--everywhere] [--json]";
    }

    @Override
    public String summary() {
        return "what was decided, learned and left open; audit counts what is wrong with it";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "project=", "everywhere", "json");
        List<String> rest = options.rest();
        Memory memory = core.state().continuity().memory();
        String project = options.has("everywhere")
                ? ""
                : core.state()
                        .continuity()
                        .projects()
                        .of(options.folder("project", call))
                        .toString();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        if (what.equals("list") && rest.size() <= 1) {
            print(memory.current(project), options.has("json"), out);
        } else if (what.equals("search") && rest.size() > 1) {
            print(memory.search(String.join(" ", rest.subList(1, rest.size())), project, 50), options.has("json"), out);
        } else if (what.equals("audit") && rest.size() == 1) {
            audit(core, memory, project, options.has("json"), out);
        } else {
            throw CliException.usage("usage: mirror " + usage());
        }
        return Exit.OK;
    }

    private static void print(List<Memory.Entry> entries, boolean json, Out out) {
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(Json.array(entries)));
            return;
        }
        if (entries.isEmpty()) {
            out.line("nothing is recorded");
        }
        for (Memory.Entry entry : entries) {
            out.line("%-10s  %s  [%s]  %s"
                    .formatted(
                            entry.kind(),
                            Style.plain(entry.text()),
                            entry.id(),
                            entry.source().isBlank() ? "no source" : Style.plain(entry.source())));
        }
    }

    private static void audit(Core core, Memory memory, String project, boolean json, Out out) {
        List<Memory.Finding> findings = memory.audit(core.clock().instant()).stream()
                .filter(finding ->
                        project.isEmpty() || finding.entry().project().equals(project))
                .toList();
        if (json) {
            var node = Json.object();
            FAULTS.forEach(fault -> node.put(fault, count(findings, fault)));
            var array = node.putArray("findings");
            findings.forEach(finding -> array.addObject()
                    .put("fault", finding.fault())
                    .put("id", finding.entry().id())
                    .put("text", finding.entry().text())
                    .put("why", finding.why()));
            out.line(Json.MAPPER.writeValueAsString(node));
            return;
        }
        FAULTS.forEach(fault -> out.line("%-10s %4d".formatted(fault, count(findings, fault))));
        findings.forEach(finding -> out.line("%-10s %s: %s [%s]"
                .formatted(
                        finding.fault(),
                        finding.why(),
                        Style.plain(finding.entry().text()),
                        finding.entry().id())));
    }

    private static long count(List<Memory.Finding> findings, String fault) {
        return findings.stream()
                .filter(finding -> finding.fault().equals(fault))
                .count();
    }
}
