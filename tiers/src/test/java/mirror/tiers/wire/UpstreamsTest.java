package mirror.tiers.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import mirror.bus.Seed;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests arrive as they were given, answers end where they end, and nothing else passes for an answer. */
final class UpstreamsTest {
    private static final Patience SHORT =
            new Patience(Duration.ofSeconds(5), Duration.ofMillis(300), Duration.ofMillis(300));
    private static final Patience LONG =
            new Patience(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(20));

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
    private final Upstreams upstreams =
            new Upstreams((SSLSocketFactory) SSLSocketFactory.getDefault(), watch, System::nanoTime);

    @AfterEach
    void close() {
        upstreams.close();
        watch.shutdownNow();
    }

    private Exchange send(ScriptedProvider provider, byte[] body, Patience patience) throws WireException {
        return upstreams.send(
                provider.origin(), "POST", "/v1/x?beta=true", List.of(new Header("X-A", "b")), body, patience);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void anyBodyInAnyChunksComesAndGoesByteForByteOverOneConnection() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        try (ScriptedProvider provider = new ScriptedProvider((request, wire) -> {
            byte[] body = request.body();
            if (body.length % 2 == 0) {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .send(body);
                return;
            }
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            RandomGenerator sizes = new Seed(body.length).random();
            int at = 0;
            while (at < body.length) {
                int some = Math.min(body.length - at, 1 + sizes.nextInt(20_000));
                wire.chunk(java.util.Arrays.copyOfRange(body, at, at + some));
                at += some;
            }
            wire.last();
        })) {
            for (int round = 0; round < 150; round++) {
                byte[] body = new byte[1 + random.nextInt(random.nextBoolean() ? 500 : 200_000)];
                random.nextBytes(body);
                Exchange exchange = send(provider, body, LONG);
                assertThat(exchange.body().readAllBytes()).as(seed.toString()).isEqualTo(body);
                assertThat(provider.requests().get(round).body())
                        .as(seed.toString())
                        .isEqualTo(body);
                assertThat(provider.sockets()).hasSize(1);
            }
            assertThat(provider.requests().getFirst().line()).isEqualTo("POST /v1/x?beta=true HTTP/1.1");
            assertThat(provider.requests().getFirst().header("x-a")).isEqualTo("b");
        }
    }

    static Stream<Arguments> broken() {
        String ok = "HTTP/1.1 200 OK\r\n";
        return Stream.of(
                Arguments.of("length too long", ok + "Content-Length: 10\r\n\r\nabc"),
                Arguments.of("no last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
                Arguments.of("half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n30\r\nabc"),
                Arguments.of("no end of the last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"),
                Arguments.of("chunk size is none", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n"),
                Arguments.of("negative chunk", ok + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"),
                Arguments.of("huge chunk", ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc"),
                Arguments.of(
                        "chunk longer than said", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"),
                Arguments.of("two lengths", ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
                Arguments.of(
                        "length and chunks", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                Arguments.of("other coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                Arguments.of("length is none", ok + "Content-Length: 3x\r\n\r\nabc"),
                Arguments.of("negative length", ok + "Content-Length: -3\r\n\r\nabc"),
                Arguments.of("not HTTP", "SSH-2.0-OpenSSH\r\n\r\n"),
                Arguments.of("HTTP/2", "HTTP/2 200\r\n\r\n"),
                Arguments.of("status is none", "HTTP/1.1 2OO OK\r\n\r\n"),
                Arguments.of("protocol changed", "HTTP/1.1 101 Switching\r\n\r\n"),
                Arguments.of("bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
                Arguments.of("folded header", ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
                Arguments.of("header without name", ok + ": a\r\nContent-Length: 0\r\n\r\n"),
                Arguments.of("space before colon", ok + "Content-Length : 0\r\n\r\n"),
                Arguments.of("cut in the head", ok + "Content-Len"),
                Arguments.of("head too long", ok + "X: " + "a".repeat(70_000) + "\r\n\r\n"),
                Arguments.of("too many headers", ok + "X: a\r\n".repeat(300) + "\r\n"),
                Arguments.of("always interim", "HTTP/1.1 100 Continue\r\n\r\n".repeat(20)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void nothingThatIsCutOrAmbiguousPassesForAnAnswer(String what, String wire) throws IOException {
        try (ScriptedProvider provider =
                new ScriptedProvider((_, to) -> to.send(wire).close())) {
            assertThatThrownBy(() -> {
                        try (Exchange exchange = send(provider, bytes("{}"), LONG)) {
                            exchange.body().readAllBytes();
                        }
                    })
                    .isInstanceOf(WireException.class);
            assertThat(provider.requests())
                    .as("it may have been acted on, so it is not sent twice")
                    .hasSize(1);
        }
    }

    @Test
    void anAnswerWithoutAnEndOfItsOwnIsMarkedAsSuch() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(
                (_, to) -> to.send("HTTP/1.1 200 OK\r\n\r\nabc").close())) {
            Exchange exchange = send(provider, bytes("{}"), LONG);
            assertThat(exchange.isFramed()).isFalse();
            assertThat(exchange.body().readAllBytes()).isEqualTo(bytes("abc"));
        }
    }

    @Test
    void interimAnswersAreSkippedAndARedirectIsNotFollowed() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(
                (_, to) -> to.send(
                        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 307 No\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))) {
            Exchange exchange = send(provider, bytes("{}"), LONG);
            assertThat(exchange.status()).isEqualTo(307);
            assertThat(exchange.header("location")).contains("http://127.0.0.1:1/");
        }
    }

    @Test
    void aKeptConnectionThatItsPeerClosedIsNotUsed() throws Exception {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, "{}"))) {
            send(provider, bytes("{}"), LONG).body().readAllBytes();
            Socket first = provider.sockets().iterator().next();
            first.close();
            assertThat(send(provider, bytes("{}"), LONG).body().readAllBytes()).isEqualTo(bytes("{}"));
            assertThat(provider.requests()).hasSize(2);
        }
    }

    @Test
    void aRequestThatADyingKeptConnectionSwallowedIsSentOnceMoreAndNotTwice() throws IOException {
        int[] answered = {0};
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> {
            if (answered[0]++ == 0) {
                to.json(200, "{}");
            } else {
                to.close();
            }
        })) {
            send(provider, bytes("{}"), LONG).body().readAllBytes();
            assertThatThrownBy(() -> send(provider, bytes("{}"), LONG))
                    .asInstanceOf(InstanceOfAssertFactories.type(WireException.class))
                    .returns(WireException.Kind.NO_ANSWER, WireException::kind);
            assertThat(provider.requests()).hasSize(3);
        }
    }

    @Test
    void whatComesUnaskedOnAKeptConnectionIsNeverTheAnswerToTheNextRequest() throws IOException {
        int[] answered = {0};
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> {
            // In one piece: what came later than the next request nobody could tell from its answer.
            to.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"n\":" + answered[0]++
                    + "}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\"evil\"");
        })) {
            for (int i = 0; i < 5; i++) {
                assertThat(send(provider, bytes("{}"), LONG).body().readAllBytes())
                        .isEqualTo(bytes("{\"n\":" + i + "}"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"})
    void silenceIsWaitedForOnlySoLong(String before) throws IOException {
        try (ScriptedProvider provider =
                new ScriptedProvider((_, to) -> to.send(before).stall())) {
            assertThatThrownBy(() -> send(provider, bytes("{}"), SHORT).body().readAllBytes())
                    .asInstanceOf(InstanceOfAssertFactories.type(WireException.class))
                    .returns(WireException.Kind.LATE, WireException::kind);
        }
    }

    @Test
    void aProviderThatTakesNoRequestIsLeft() throws IOException {
        try (java.net.ServerSocket deaf = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            Origin origin = new Origin("127.0.0.1", deaf.getLocalPort(), false);
            assertThatThrownBy(() -> upstreams.send(origin, "POST", "/", List.of(), new byte[64_000_000], SHORT))
                    .isInstanceOf(WireException.class);
        }
    }

    @Test
    void aRefusalBeforeTheWholeRequestWasReadIsHeard() throws IOException {
        try (java.net.ServerSocket server =
                new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().readNBytes(100);
                    socket.getOutputStream()
                            .write(bytes("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                    socket.shutdownOutput();
                    socket.getInputStream().skipNBytes(3_000_000);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Origin origin = new Origin("127.0.0.1", server.getLocalPort(), false);
            assertThat(upstreams
                            .send(origin, "POST", "/", List.of(), new byte[4_000_000], LONG)
                            .status())
                    .isEqualTo(413);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nX-Evil: 1", "a\nb", "a\u0000b", "a\u0100"})
    void noHeaderValueStartsAnotherHeader(String value) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, "{}"))) {
            assertThatThrownBy(() -> upstreams.send(
                            provider.origin(), "POST", "/", List.of(new Header("x", value)), new byte[0], LONG))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(
                            () -> upstreams.send(provider.origin(), "POST", "/" + value, List.of(), new byte[0], LONG))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(provider.requests()).isEmpty();
        }
    }

    @Test
    void aHostThatIsNotThereIsAFailureToConnect() {
        assertThatThrownBy(() ->
                        upstreams.send(new Origin("127.0.0.1", 1, false), "POST", "/", List.of(), new byte[0], LONG))
                .asInstanceOf(InstanceOfAssertFactories.type(WireException.class))
                .returns(WireException.Kind.CONNECT, WireException::kind);
    }
}
