package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RedactorTest {
    private static final List<String> PIECES = List.of(
            "sk-" + "aB3".repeat(8),
            "ghp_" + "aB3".repeat(8),
            "github_pat_" + "aB3_".repeat(6),
            "AKIA" + "ABCD1234".repeat(2),
            "AIza" + "aB3".repeat(11),
            "xoxb-" + "1a2b".repeat(4),
            "npm_" + "aB3".repeat(8),
            "sk_live_" + "aB3".repeat(8),
            "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0",
            "mlt1." + "aB3_".repeat(6),
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "Authorization: Bearer abcdefgh12345",
            "BEARER abcdefgh12345",
            "DB_PassWord = 'hunter2 x'",
            "api_key:\"abc def\"",
            "SECRET=abcd",
            "https://ada:hunter2@example.org/x",
            "\u212Aey=abcd apiKey=abcd",
            "plain words",
            " ",
            "\n",
            "=",
            ":",
            "\"",
            "/home/ada/project/src/Main.java");

    @Test
    void theHintsHideNoSecretFromItsPattern() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(1, 7); n > 0; n--) {
                text.append(PIECES.get(random.nextInt(PIECES.size())));
            }
            if (random.nextInt(3) == 0) {
                text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(32, 127));
            }
            assertThat(Redactor.redact(text.toString()))
                    .as("seed %s: %s", seed, text)
                    .isEqualTo(Redactor.redactByPatternsAlone(text.toString()));
        }
    }

    @Test
    void eachFormIsTakenOut() {
        for (String secret : PIECES.subList(0, 17)) {
            assertThat(Redactor.redact("before " + secret + " after"))
                    .as(secret)
                    .contains("[redacted]")
                    .doesNotContain("aB3aB3", "hunter2", "MIIE", "abcdefgh12345");
        }
    }
}
