package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.probe.Git;
import mirror.trust.TrustException;
import mirror.trust.claims.ClaimCheck;
import mirror.trust.claims.ClaimGuard;
import mirror.trust.claims.Fact;
import mirror.trust.claims.Publishable;
import tools.jackson.databind.node.ArrayNode;

/** Finds figures in published texts that no probe supports. */
record ClaimsCommand() implements Command {
    @Override
    public String name() {
        return "claims";
    }

    @Override
    public String usage() {
        return "claims check [FILE…] [--staged] [--json] | hook [--install]";
    }

    @Override
    public String summary() {
        return "find figures in published texts that no probe supports";
    }

    @Override
    public String help() {
        return """
                check FILE…     every claim of the files; exit 1 when one has no support
                check --staged  new and changed claims of publishable files in git's index
                hook            print a pre-commit script that does this; --install puts it into the repository's hooks

                A claim is a number with a unit, a counted noun, a version, or a make and model. It is supported when 'mirror probe'
                recorded the same quantity with that value as it is rounded. A sentence with the word ESTIMATE claims nothing.
                Which files are publishable says 'publishable' in config.yaml. From a project's first probe on, the gate holds agents
                to it too.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "staged", "json", "install");
        List<String> rest = options.rest();
        Path project = core.state().continuity().projects().of(call.cwd()).toRealPath();
        return switch (rest.isEmpty() ? "" : rest.getFirst()) {
            case "check" -> {
                List<String> files = rest.subList(1, rest.size());
                if (files.isEmpty() && !options.has("staged")) {
                    throw CliException.usage("name a file, or --staged; usage: mirror " + usage());
                }
                yield report(
                        options.has("staged") ? staged(core, project) : named(core, project, call.cwd(), files),
                        options,
                        out);
            }
            case "hook" -> hook(core, project, options, out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private record Found(Path file, ClaimCheck.Finding finding) {}

    private static List<Found> named(Core core, Path project, Path cwd, List<String> names) throws IOException {
        List<Fact> facts = core.claims().facts().of(project.toString());
        List<Found> found = new ArrayList<>();
        for (String name : names) {
            Path file = cwd.resolve(name);
            if (!Files.isRegularFile(file)) {
                throw CliException.no("there is no file " + file);
            }
            ClaimCheck.check(ClaimGuard.read(file), Publishable.isHtml(file), facts)
                    .forEach(finding -> found.add(new Found(Path.of(name), finding)));
        }
        return found;
    }

    private static List<Found> staged(Core core, Path project) throws IOException {
        List<Fact> facts = core.claims().facts().of(project.toString());
        List<Found> found = new ArrayList<>();
        for (String name : Git.parts(
                Git.ask(project, "diff", "--cached", "--name-only", "-z", "--no-ext-diff", "--diff-filter=ACMR"))) {
            Path file = project.resolve(name);
            if (core.claims().publishable().covers(project, file)) {
                String after = Git.ask(project, "show", "--no-textconv", ":" + name);
                if (after.length() > ClaimGuard.LONGEST) {
                    throw CliException.no(name + " is longer than " + ClaimGuard.LONGEST + " characters; split it");
                }
                ClaimCheck.changed(before(project, name), after, Publishable.isHtml(file), facts)
                        .forEach(finding -> found.add(new Found(Path.of(name), finding)));
            }
        }
        return found;
    }

    /** The file in the last commit; {@code ""} when it is new, or when there is no commit. */
    private static String before(Path project, String name) throws IOException {
        try {
            String text = Git.ask(project, "show", "--no-textconv", "HEAD:" + name);
            return text.length() > ClaimGuard.LONGEST ? "" : text;
        } catch (TrustException e) {
            return "";
        }
    }

    private static int report(List<Found> found, Options options, Out out) {
        if (options.has("json")) {
            ArrayNode array = Json.array();
            found.forEach(one -> array.add(ClaimGuard.json(one.file, one.finding)));
            out.line(Json.MAPPER.writeValueAsString(array));
        } else {
            found.forEach(one -> out.line(Style.plain(one.file + ":" + one.finding.text())));
            out.line(
                    found.isEmpty()
                            ? "every figure is supported by a probe or marked ESTIMATE"
                            : "no probe supports " + found.size() + " figure" + (found.size() == 1 ? "" : "s")
                                    + "; record what you measured with 'mirror probe', or write ESTIMATE into the sentence");
        }
        return found.isEmpty() ? Exit.OK : Exit.NO;
    }

    private static int hook(Core core, Path project, Options options, Out out) throws IOException {
        String script =
                "#!/bin/sh\n# Stops a commit that publishes figures which no probe supports; see 'mirror claims --help'.\nexec '"
                        + core.program().toString().replace("'", "'\\''") + "' claims check --staged\n";
        if (!options.has("install")) {
            out.print(script);
            return Exit.OK;
        }
        Path file = Git.hook(project, "pre-commit");
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw CliException.no(file + " is there already; add the line of 'mirror claims hook' to it");
        }
        Files.createDirectories(file.resolveSibling("."));
        core.files()
                .write(FileWrite.kept(file, script.getBytes(StandardCharsets.UTF_8))
                        .by("owner")
                        .mode(PosixFilePermissions.fromString("rwx------")));
        out.line("installed: " + file);
        return Exit.OK;
    }
}
