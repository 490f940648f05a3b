package mirror.trust.claims;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import mirror.trust.TrustException;
import org.junit.jupiter.api.Test;

/** What counts as a claim, and what supports one. */
final class ClaimCheckTest {
    private static Fact fact(String subject, String value, String unit) {
        return new Fact("/home/ada/project", subject, value, unit, "test", "00", Instant.EPOCH, "e1");
    }

    private static final List<Fact> FACTS = List.of(
            fact("hook round trip, median of 60", "15.7", "ms"),
            fact("resident memory of the daemon", "102.0", "MB"),
            fact("append rate of the log", "120000", "events/s"),
            fact("repo tests", "1240", "tests"),
            fact("share of node beside the hook", "25", "%"),
            fact("machine memory ram", "16303608", "KiB"),
            fact("cpu model", "Intel(R) Core(TM) i7-12700K CPU @ 3.60GHz", "model"),
            fact("java jdk", "25.0.3+9-LTS", "version"),
            fact("repo version", "0.1.0", "version"));

    private static List<String> claims(String text) {
        return ClaimFinder.find(text, false).stream().map(Claim::text).toList();
    }

    private static List<String> unsupported(String text) {
        return ClaimCheck.check(text, false, FACTS).stream()
                .map(finding -> finding.claim().text())
                .toList();
    }

    @Test
    void numbersWithUnitsCountsVersionsAndModelsAreClaims() {
        assertThat(claims("The hook takes about 16 ms on an Intel Core i7-12700K."))
                .containsExactly("16 ms", "Intel Core i7-12700K");
        assertThat(claims("3x faster, 99.9 % uptime, 1,240 unit tests, 5 times slower"))
                .containsExactly("3x", "99.9 %", "1,240 unit tests", "5 times");
        assertThat(claims("10\u201320 ms or 5 \u00b1 1 ms; 120k events/s; 2 million downloads; 100 events per second"))
                .containsExactly(
                        "10\u201320 ms",
                        "5 \u00b1 1 ms",
                        "120k events/s",
                        "2 million downloads",
                        "100 events per second");
        assertThat(claims("It runs Java 25, is version 2.1, was v2.3.4-rc1 and has 64 GB on 8 physical cores"))
                .containsExactly("25", "2.1", "v2.3.4-rc1", "64 GB", "8 physical cores");
        assertThat(claims("GPT-4o and Claude Opus 4.5 on an Apple M3"))
                .containsExactly("GPT-4o", "Claude Opus 4.5", "Apple M3");
        assertThat(claims("**16** ms and `17 ms`")).containsExactly("16** ms", "17 ms");
        assertThat(ClaimFinder.find("<p>1<b>6</b>&nbsp;ms</p><p>17&nbsp;ms</p>", true))
                .hasSize(2);
    }

    @Test
    void datesPlacesStandardsRequirementsAndCodeAreNone() {
        assertThat(
                        claims(
                                "On 2026-11-21 at 08:22:38, port 7717, line 12, \u00a73.2, #12, [^3], RFC 6962, TLS 1.3, HTTP/1.1"))
                .isEmpty();
        assertThat(
                        claims(
                                "JDK 25 or later, Maven 3.8 or newer, requires Python 3.12, in the 1990s, 1920x1080, 64-bit, 3rd"))
                .isEmpty();
        assertThat(
                        claims(
                                "1. first\n2. second\n\n## 3.2.1 Heading\n\n```sh\nsleep 5 s # 12 tests\n```\n\n`90s` and 127.0.0.1"))
                .isEmpty();
        assertThat(claims("See [this](http://a.example/12%20ms) or https://b.example/16 <!-- 16 ms -->"))
                .isEmpty();
        assertThat(claims("two files, 3 rules and 5 minutes")).isEmpty();
    }

    @Test
    void aFigureIsSupportedAsItIsRounded() {
        assertThat(unsupported("The hook takes 15.7 ms, that is 16 ms or 0.016 s, about 15 ms, 15\u201317 ms."))
                .isEmpty();
        assertThat(unsupported("The hook takes at most 20 ms, over 10 ms, 15,7 ms."))
                .isEmpty();
        assertThat(unsupported("The hook takes 15 ms, 15.8 ms, at most 15 ms, 12 ms."))
                .containsExactly("15 ms", "15.8 ms", "15 ms", "12 ms");
        assertThat(unsupported("The daemon keeps 102 MB in memory, or 0.1 GB.")).isEmpty();
        assertThat(unsupported("The machine has 16 GB of RAM.")).isEmpty();
        assertThat(unsupported("The machine has 32 GB of RAM.")).containsExactly("32 GB");
        assertThat(unsupported("1,240 tests, 1.240 tests, 1\u202f240 tests, 1.2k tests"))
                .isEmpty();
        assertThat(unsupported(
                        "The log takes 120,000 events per second, 120k events/s, 7.2 million events per minute."))
                .isEmpty();
        assertThat(unsupported("The hook needs 25 % of node's time, a share of 0.25x."))
                .isEmpty();
    }

    @Test
    void theSameNumberOfSomethingElseSupportsNothing() {
        assertThat(unsupported("The parser needs 16 ms.")).containsExactly("16 ms");
        assertThat(unsupported("1,240 users")).containsExactly("1,240 users");
    }

    @Test
    void versionsAndModelsAreSupportedByTheirBeginningAndTheirParts() {
        assertThat(unsupported("It is version 0.1.0, or 0.1.0, on Java 25 and JDK 25.0.3."))
                .isEmpty();
        assertThat(unsupported("It is version 0.1.1 on Java 24 and JDK 25.0.")).containsExactly("0.1.1", "24");
        assertThat(unsupported("Measured on an Intel Core i7-12700K.")).isEmpty();
        assertThat(unsupported("Measured on an Intel Core i9-12900K.")).containsExactly("Intel Core i9-12900K");
    }

    @Test
    void aSentenceMarkedEstimateClaimsNothingAndItsNeighbourDoes() {
        assertThat(unsupported("The parser needs 3 ms (ESTIMATE). The writer needs 4 ms."))
                .containsExactly("4 ms");
        assertThat(unsupported("The parser needs 3 ms. ESTIMATE\n\nThe writer needs 4 ms."))
                .containsExactly("4 ms");
    }

    @Test
    void aFindingNamesLineColumnTextAndTheNearestFact() {
        var finding = ClaimCheck.check("# Title\n\nFast: the hook\ntakes 12 ms.\n", false, FACTS)
                .getFirst();
        assertThat(finding.text())
                .isEqualTo("4:7 \u201812 ms\u2019 (nearest fact: hook round trip, median of 60 = 15.7 ms)");
        assertThat(ClaimCheck.check("It weighs 12 W", false, FACTS).getFirst().text())
                .contains("nothing of that kind");
    }

    @Test
    void onlyNewAndChangedClaimsCountHoweverTheLinesAreBroken() {
        String before = "The parser needs 3 ms. It is\nfast.\n";
        assertThat(ClaimCheck.changed(before, "The parser\nneeds 3 ms. It is fast. New text.\n", false, FACTS))
                .isEmpty();
        assertThat(ClaimCheck.changed(before, before + "\nThe writer needs 3 ms.\n", false, FACTS))
                .hasSize(1);
        assertThat(ClaimCheck.changed(before, before.replace('3', '2'), false, FACTS))
                .hasSize(1);
    }

    @Test
    void noTextMakesTheFinderFailOrTakeLong() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        String[] pieces = {
            "1",
            "9",
            "0",
            ".",
            ",",
            " ",
            "\n",
            "ms",
            "%",
            "x",
            "\u00d7",
            "v",
            "-",
            "\u2013",
            "`",
            "```",
            "*",
            "_",
            "[",
            "](",
            ")",
            "<",
            ">",
            "<pre>",
            "</pre>",
            "<!--",
            "-->",
            "&nbsp;",
            "|",
            "#",
            "# ",
            "tests",
            "Intel",
            "Java ",
            "per s",
            "/s",
            "\u00b1",
            "to ",
            "~",
            "\u00a0",
            "'",
            "K",
            "about ",
            "---\n",
            "\ud83d\ude00",
            "ESTIMATE",
            "1. "
        };
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int k = random.nextInt(60); k >= 0; k--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            for (boolean html : new boolean[] {false, true}) {
                try {
                    for (ClaimCheck.Finding finding : ClaimCheck.check(text.toString(), html, FACTS)) {
                        assertThat(finding.claim().line()).isPositive();
                        assertThat(finding.claim().column()).isPositive();
                    }
                } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError("mirror.seed=" + seed + " text=" + text, e);
                }
            }
        }
        assertThatThrownBy(() -> ClaimFinder.find("1 ms ".repeat(ClaimFinder.MOST + 1), false))
                .isInstanceOf(TrustException.class);
    }
}
