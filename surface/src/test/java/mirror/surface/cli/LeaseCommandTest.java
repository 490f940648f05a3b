package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.MirrorTools;
import mirror.surface.cli.TestMirror.Answer;
import mirror.surface.mcp.Caller;
import mirror.surface.mcp.ToolResult;
import mirror.trust.Action;
import mirror.trust.Effect;
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code mirror lease} as the owner calls it, and the memory tools that keep to a token. */
final class LeaseCommandTest extends MirrorTest {
    @SuppressWarnings("NullAway.Init")
    private Core core;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @BeforeEach
    void open() throws IOException {
        core = mirror.core();
        root = mirror.root();
    }

    private Verdict write(Path path) {
        return core.gate().decide(action(path)).verdict();
    }

    private Action action(Path path) {
        Path project = root.resolve("work");
        return new Action(
                "claude-code", "s1", "t1", "Write", Json.object(), project, project, List.of(new Effect.Write(path)));
    }

    private ToolResult tool(String name, Map<String, @Nullable Object> arguments, String token) throws Exception {
        Caller caller = new Caller(
                Caller.Transport.STDIO,
                "m1",
                "notes",
                "1",
                Map.of("mirror-project", root.resolve("work").toString(), "mirror-lease", token));
        return new MirrorTools(core)
                .tools().stream()
                        .filter(tool -> tool.name().equals(name))
                        .findFirst()
                        .orElseThrow()
                        .handler()
                        .call(arguments, caller);
    }

    private String token(String file) throws IOException {
        return Files.readString(root.resolve("work").resolve(file)).strip();
    }

    @Test
    void aLeaseIsShownBeforeItIsGivenThenListedShownAndTakenBack() throws Exception {
        Path outside = root.resolve("site");
        Answer asked = mirror.run("lease", "grant", "--to", "claude-code", "--effects", "write:../site", "--uses", "2");
        assertThat(asked.questions()).containsExactly("Grant this?");
        assertThat(asked.text()).contains("write:" + outside).contains("2 uses");
        assertThat(write(outside.resolve("a"))).isEqualTo(Verdict.ASK);

        JsonNode granted = mirror.run(
                        "lease",
                        "grant",
                        "--to",
                        "claude-code",
                        "--effects",
                        "write:../site",
                        "--uses",
                        "2",
                        "--yes",
                        "--json")
                .json();
        String id = granted.path("lease").asString();
        assertThat(write(outside.resolve("a"))).isEqualTo(Verdict.ALLOW);
        assertThat(mirror.run("lease", "list").text()).contains(id).contains("write:" + outside);
        assertThat(mirror.run("lease", "show", id).text()).contains("used 1 times");
        assertThat(mirror.run("lease", "revoke", id).exit()).isZero();
        assertThat(write(outside.resolve("a"))).isEqualTo(Verdict.ASK);
        assertThat(mirror.run("lease", "list").text()).isEqualTo("no lease is valid now\n");
        assertThat(mirror.run("lease", "revoke", id).error()).contains("revoked already");
        assertThat(mirror.run("lease", "show", "l0").error()).contains("no lease 'l0'");
    }

    @Test
    void badInputGetsOneSentenceAndGrantsNothing() throws Exception {
        assertThat(mirror.run("lease", "grant", "--to", "owner", "--effects", "write:/x", "--yes")
                        .error())
                .contains("the holder 'owner'");
        assertThat(mirror.run("lease", "grant", "--to", "codex", "--effects", "fly:/x", "--yes")
                        .error())
                .contains("'fly:/x'");
        assertThat(mirror.run("lease", "grant", "--to", "codex", "--yes").error())
                .contains("names no effects");
        assertThat(mirror.run("lease", "grant", "--to", "codex", "--effects", "run:x", "--risk", "none")
                        .error())
                .contains("--risk is one of");
        assertThat(mirror.run("lease", "grant", "--to", "codex", "--effects", "run:x", "--uses", "-1")
                        .error())
                .contains("whole number");
        assertThat(core.state().leases().list()).isEmpty();
    }

    @Test
    void aTokenGoesIntoANewFileForTheOwnerAloneAndIsNarrowedFromThere() throws Exception {
        assertThat(mirror.run(
                                "lease",
                                "grant",
                                "--to",
                                "mcp:notes",
                                "--effects",
                                "memory-read:.,memory-write:.",
                                "--token",
                                "a.token",
                                "--yes")
                        .exit())
                .isZero();
        Path file = root.resolve("work/a.token");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(mirror.run("lease", "attenuate", "a.token", "--effects", "memory-read:.", "--out", "b.token")
                        .exit())
                .isZero();
        assertThat(token("b.token")).startsWith("mlt1.").isNotEqualTo(token("a.token"));
        assertThat(mirror.run("lease", "attenuate", "b.token", "--effects", "memory-write:.")
                        .error())
                .contains("would widen the effect");
        assertThat(mirror.run("lease", "attenuate", "a.token", "--out", "b.token")
                        .error())
                .contains("exists already");
        assertThat(mirror.run("lease", "attenuate", "c.token").error()).contains("not the file of a lease token");
        assertThat(mirror.run("lease", "attenuate", "b.token", "--uses", "3", "--seal", "--out", "c.token")
                        .exit())
                .isZero();
        assertThat(mirror.run("lease", "attenuate", "c.token").error()).contains("sealed");
    }

    @Test
    void aYesForTheSessionSaysWhatItCoversAndCanBeTakenBack() throws Exception {
        Path pages = root.resolve("site/pages/deep");
        String request =
                String.valueOf(core.gate().decide(action(pages.resolve("a"))).approval());
        Answer asked = mirror.run("approve", request, "--session");
        assertThat(asked.text()).contains("write:" + pages + ", by the tool Write");
        assertThat(asked.questions()).hasSize(1);
        assertThat(core.state().leases().list()).isEmpty();

        Answer done = mirror.run("approve", request, "--session", "--yes");
        assertThat(done.text()).contains("write:" + pages + ", by the tool Write");
        assertThat(core.gate().settle(action(pages.resolve("a")), request).verdict())
                .isEqualTo(Verdict.ALLOW);
        assertThat(write(pages.resolve("b"))).isEqualTo(Verdict.ALLOW);
        String id = core.state().leases().list().getFirst().id();
        assertThat(mirror.run("lease", "list").text()).contains(id).contains("session:s1");
        mirror.run("lease", "revoke", id);
        assertThat(write(pages.resolve("b"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void memoryToolsKeepToTheTokenAndABadOneIsNeverTakenForNone() throws Exception {
        for (String label : List.of("public", "internal", "private", "secret", "never-share")) {
            tool(
                    "memory_write",
                    Map.of("kind", "fact", "text", "deploy key " + label, "source", "the owner", "sensitivity", label),
                    "");
        }
        mirror.run(
                "lease",
                "grant",
                "--to",
                "mcp:notes",
                "--effects",
                "memory-read:.",
                "--ceiling",
                "never-share",
                "--tier",
                "local",
                "--token",
                "local.token",
                "--yes");
        mirror.run("lease", "attenuate", "local.token", "--tier", "cloud", "--uses", "2", "--out", "cloud.token");
        mirror.run("lease", "attenuate", "local.token", "--ceiling", "public", "--out", "public.token");
        assertThat(hits(token("local.token"))).hasSize(4);
        assertThat(hits(token("cloud.token"))).hasSize(3);
        assertThat(hits(token("public.token"))).hasSize(1);
        assertThat(hits("")).hasSize(3);

        assertThat(said("memory_write", Map.of("kind", "fact", "text", "x"), token("local.token")))
                .contains("does not cover writing");
        assertThat(said("memory_search", Map.of("query", "deploy", "project", "/srv"), token("local.token")))
                .contains("does not cover reading");
        assertThat(said("continuity_read", Map.of(), token("public.token")))
                .contains("key public")
                .doesNotContain("key internal");
        assertThat(said("memory_search", Map.of("query", "deploy"), token("cloud.token") + "x"))
                .contains("damaged");
        assertThat(hits(token("cloud.token"))).hasSize(3);
        assertThat(said("memory_search", Map.of("query", "deploy"), token("cloud.token")))
                .contains("used up");
        mirror.run("lease", "revoke", core.state().leases().list().getFirst().id());
        assertThat(said("memory_search", Map.of("query", "deploy"), token("local.token")))
                .contains("revoked");
    }

    private List<String> hits(String token) throws Exception {
        return said("memory_search", Map.of("query", "deploy"), token)
                .lines()
                .filter(line -> line.startsWith("fact:"))
                .toList();
    }

    private String said(String name, Map<String, @Nullable Object> arguments, String token) throws Exception {
        return switch (tool(name, arguments, token)) {
            case ToolResult.Text(String text) -> text;
            case ToolResult.Structured(Map<String, ?> _, String text) -> text;
            case ToolResult.Failure(String message) -> message;
        };
    }
}
