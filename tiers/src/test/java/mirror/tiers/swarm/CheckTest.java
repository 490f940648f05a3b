package mirror.tiers.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks say what a result lacks, and take no longer than the result is long. */
final class CheckTest {
    @Test
    void aCheckNamesTheFirstThingThatIsMissing() {
        Check all = new Check(List.of("one"), false, "t[wx]o", 20);
        assertThat(all.fault("one two")).isEmpty();
        assertThat(all.fault("two")).hasValue("it does not contain 'one'");
        assertThat(all.fault("one three")).hasValue("nothing in it matches t[wx]o");
        assertThat(all.fault("one two" + "!".repeat(20))).hasValue("it is longer than 20 characters");
    }

    @Test
    void jsonIsOneValueAndNothingBesideIt() {
        Check json = new Check(List.of(), true, "", 0);
        assertThat(json.fault("{\"a\": [1]}")).isEmpty();
        assertThat(List.of("", "{", "{} {}", "{\"a\":1,\"a\":2}", "Sure: {}", "[".repeat(100_000)))
                .allSatisfy(text -> assertThat(json.fault(text)).hasValue("it is not JSON"));
    }

    @Test
    void aPatternThatWouldBackTrackForeverIsDoneAtOnce() {
        Check check = new Check(List.of(), false, "^(a+)+$", 0);
        assertThat(check.fault("a".repeat(50_000) + "!")).isPresent();
    }

    @Test
    void patternsThatCannotBeUsedAreRefusedBeforeTheyAreCompiled() {
        assertThat(Check.refusal("((x{100}){100}){100}")).isPresent();
        assertThat(Check.refusal("x{1,99999}")).isPresent();
        assertThat(Check.refusal("(?<=a)b")).isPresent();
        assertThat(Check.refusal("(a)\\1")).isPresent();
        assertThat(Check.refusal("x".repeat(501))).isPresent();
        assertThat(Check.refusal("^# .{3,80}$")).isEmpty();
    }
}
