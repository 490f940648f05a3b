package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.cli.TestMirror.Answer;
import mirror.trust.Action;
import mirror.trust.Gate;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What the rules would say, and why they said it. */
final class PolicyCommandTest extends MirrorTest {
    private Event decide(String command) {
        ObjectNode input = Json.object().put("command", command);
        Path work = mirror.work();
        mirror.core()
                .gate()
                .decide(new Action(
                        "claude-code",
                        "s1",
                        "t1",
                        "Bash",
                        input,
                        work,
                        work,
                        mirror.core().tools().effects("Bash", input, work)));
        return mirror.events(Gate.DECIDED).getLast();
    }

    @Test
    void tryingSaysWhatTheGateWouldSayAndRecordsNothing() throws Exception {
        Answer yes = mirror.run("policy", "try", "ls -la");
        assertThat(yes.exit()).isZero();
        assertThat(yes.text()).startsWith("allow by ").contains("risk     local-reversible", "effect   runs ls -la");
        Answer no = mirror.run("policy", "try", "--json", "cat ~/.ssh/id_ed25519");
        assertThat(no.exit()).isEqualTo(Exit.NO);
        assertThat(no.json().path("verdict").asString()).isEqualTo("block");
        assertThat(no.json().path("rule").asString()).isEqualTo("secrets");
        assertThat(mirror.run("policy", "try", "--tool", "Write", "{\"file_path\": \"a.txt\"}")
                        .text())
                .startsWith("allow by ");
        assertThat(mirror.run("policy", "try", "--tool", "Write", "a.txt").error())
                .contains("a JSON object");
        assertThat(mirror.run("policy", "try", "--tool", "Unheard", "{}").text())
                .startsWith("ask by ");
        assertThat(mirror.events(Gate.DECIDED)).isEmpty();
    }

    @Test
    void aRecordedDecisionIsJudgedAgainByThePolicyOfItsTime() throws Exception {
        Event blocked = decide("cat ~/.ssh/id_ed25519 | head -c 3");
        assertThat(blocked.text("risk")).isEqualTo("local-reversible");
        Event allowed = decide("mkdir -p out && echo hi > out/a");
        Event asked = decide("rm -rf ../elsewhere");
        assertThat(asked.text("risk")).isEqualTo("destructive");
        Path policy = mirror.core().policies().file();
        Files.writeString(policy, Files.readString(policy).replace("- id: secrets", "- id: renamed"));
        mirror.core().policies().sign();

        for (Event event : List.of(blocked, allowed, asked)) {
            Answer answer = mirror.run("policy", "explain", event.id());
            assertThat(answer.text()).as(event.toString()).endsWith("agrees\n");
            assertThat(answer.exit()).isZero();
        }
        assertThat(mirror.run("policy", "explain", blocked.id()).text())
                .contains("recorded block by secrets", "policy   block by secrets");
        assertThat(mirror.run("policy", "explain", "1").error()).contains("is no decision");
    }

    @Test
    void aRecordThatThePolicyCannotHaveGivenIsSaidNotToAgree() throws Exception {
        Event real = decide("cat ~/.ssh/id_ed25519");
        for (String rule : List.of("read-here", "lease", "taint")) {
            Event forged = mirror.core()
                    .projector()
                    .record(Draft.of(
                                    Gate.DECIDED,
                                    "claude-code",
                                    ((ObjectNode) real.data().deepCopy())
                                            .put("verdict", "allow")
                                            .put("rule", rule))
                            .session("s1"));
            Answer answer = mirror.run("policy", "explain", forged.id());
            assertThat(answer.exit()).as(rule).isEqualTo(Exit.NO);
            assertThat(answer.text()).contains("DOES NOT AGREE");
        }
    }

    @Test
    void aLeaseExplainsAnAllowThatThePolicyWouldAskAbout() throws Exception {
        mirror.run("lease", "grant", "--to", "claude-code", "--effects", "write:../site", "--yes");
        Event event = decide("echo hi > ../site/a");
        assertThat(event.text("rule")).isEqualTo("lease");
        Answer answer = mirror.run("policy", "explain", event.id());
        assertThat(answer.exit()).isZero();
        assertThat(answer.text()).contains("policy   ask by", "lease    ").endsWith("agrees\n");
    }
}
