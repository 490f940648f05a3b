package mirror.surface.signal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class HeaderBytesTest {
    private static String pass(byte[] bytes) {
        return new String(new HeaderBytes().pass(bytes), ISO_8859_1);
    }

    @Test
    void aHeaderInUtf8BecomesEncodedWordsAndTheBodyStaysAsItIs() {
        String body = "Dégué\r\n\r\nü";
        byte[] request = ("POST /t HTTP/1.1\r\nTitle: Dégué 😀!\r\nContent-Length: " + body.getBytes(UTF_8).length
                        + "\r\n\r\n" + body + "GET / HTTP/1.1\r\nT: é\r\n\r\n")
                .getBytes(UTF_8);
        String passed = pass(request);
        assertThat(passed)
                .contains("Title: D=?utf-8?q?=C3=A9?=gu=?utf-8?q?=C3=A9=20=F0=9F=98=80?=!\r\n")
                .contains("\r\n\r\n" + new String(body.getBytes(UTF_8), ISO_8859_1) + "GET / HTTP")
                .endsWith("T: =?utf-8?q?=C3=A9?=\r\n\r\n");
        assertThat(EncodedWords.decode("D=?utf-8?q?=C3=A9?=gu=?utf-8?q?=C3=A9=20=F0=9F=98=80?=!"))
                .isEqualTo("Dégué 😀!");
    }

    @Test
    void chunksAreNoHeaders() {
        String chunk = new String("é\r\n\r\né".getBytes(UTF_8), ISO_8859_1);
        String request = "PUT /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n" + chunk + "\r\n0\r\n\r\n";
        assertThat(pass((request + "GET / HTTP/1.1\r\n\r\n").getBytes(ISO_8859_1)))
                .isEqualTo(request + "GET / HTTP/1.1\r\n\r\n");
    }

    @Test
    void afterARequestToUpgradeAllPassesAsItIs() {
        String request = "GET /t/ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\u0081\u0085\u00ff\n\n\u0088";
        assertThat(pass(request.getBytes(ISO_8859_1))).isEqualTo(request);
    }

    @Test
    void howTheBytesAreCutMakesNoDifferenceAndAsciiIsNeverChanged() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 300; i++) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int n = random.nextInt(1, 5); n > 0; n--) {
                byte[] body = new byte[random.nextInt(60)];
                random.nextBytes(body);
                String word = random.nextBoolean() ? "ü€😀" : "plain";
                all.writeBytes(
                        ("POST /t HTTP/1.1\r\nTitle: a" + word + "b\r\nContent-Length: " + body.length + "\r\n\r\n")
                                .getBytes(UTF_8));
                all.writeBytes(body);
            }
            byte[] bytes = all.toByteArray();
            HeaderBytes cut = new HeaderBytes();
            ByteArrayOutputStream passed = new ByteArrayOutputStream();
            for (int at = 0; at < bytes.length; ) {
                int end = Math.min(bytes.length, at + random.nextInt(1, 9));
                passed.writeBytes(cut.pass(Arrays.copyOfRange(bytes, at, end)));
                at = end;
            }
            assertThat(passed.toByteArray()).isEqualTo(new HeaderBytes().pass(bytes));
        }
    }
}
