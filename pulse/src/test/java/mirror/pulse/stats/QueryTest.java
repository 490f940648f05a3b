package mirror.pulse.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class QueryTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "count",
                "count  *",
                "count sessions",
                "count mirror.session.opened.v1",
                "count * each",
                "count * where",
                "count * where a",
                "count * where =b",
                "count * where a=b c",
                "count * by a",
                "count * until session.ended.v1",
                "count a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1,a.b.v1",
                "sum in calls.completed.v1",
                "sum @time of *",
                "sum In of *",
                "distinct of *",
                "open lease.granted.v1 until lease.revoked.v1",
                "open lease.granted.v1 by lease",
                "latest check.changed.v1 by check",
                "latest check.changed.v1 where to=ok",
                "distinct @session of * each calls",
                "daemon",
                "daemon sideways",
                "reliability most",
                "unknown",
                "delete *",
                "count * where a=$(id)"
            })
    void whatIsNotAQueryIsRefusedWithASentence(String text) {
        assertThatThrownBy(() -> Query.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be read: ");
    }

    @Test
    void aQueryThatIsTooLongIsRefusedAndNotRepeatedWhole() {
        assertThatThrownBy(() -> Query.parse("unknown " + "x".repeat(5000)))
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(500));
    }

    @Test
    void aQueryKeepsItsOwnWords() {
        String text =
                "open approval.requested.v1 by approval until approval.answered.v1 ends expires where tool!=Bash|Edit";
        assertThat(Query.parse(text).text()).isEqualTo(text);
        assertThat(Query.parse(text).until()).containsExactly("approval.answered.v1");
    }
}
