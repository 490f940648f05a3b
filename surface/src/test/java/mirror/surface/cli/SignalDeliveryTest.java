package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.signal.SignalLedger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Messages on their way: to a Telegram that the test plays, to programs, to a screen. */
final class SignalDeliveryTest {
    private static final String TOKEN = "123456:AAsecretsecretsecret";

    @TempDir
    private Path folder;

    private TestMirror mirror;
    private HttpServer telegram;
    private final List<JsonNode> sent = new ArrayList<>();
    private final List<String> paths = new ArrayList<>();
    private final Deque<String> answers = new ArrayDeque<>();

    @BeforeEach
    void start() throws IOException {
        mirror = new TestMirror(folder);
        telegram = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        telegram.createContext("/", exchange -> {
            sent.add(Json.MAPPER.readTree(exchange.getRequestBody().readAllBytes()));
            paths.add(exchange.getRequestURI().getPath());
            String answer = answers.isEmpty() ? "200 {\"ok\":true,\"result\":{}}" : answers.remove();
            byte[] body = answer.substring(4).getBytes(UTF_8);
            exchange.sendResponseHeaders(Integer.parseInt(answer.substring(0, 3)), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        telegram.start();
    }

    @AfterEach
    void stop() {
        telegram.stop(0);
        mirror.close();
    }

    private void routes(String yaml) throws IOException {
        Files.writeString(
                mirror.core().home().signals(),
                yaml.replace("URL", "http://127.0.0.1:" + telegram.getAddress().getPort()));
    }

    private void toTelegram(String more) throws IOException {
        Path key = folder.resolve("bot");
        Files.writeString(key, TOKEN);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        routes("routes: {chat: {to: telegram, topics: all, chat: 42, key: 'file:" + key + "', url: 'URL'" + more
                + "}}\n");
    }

    private Path script(String name, String body) throws IOException {
        Path script = Files.createDirectories(folder.resolve("bin")).resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + body);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    private void send(String... args) throws Exception {
        List<String> all = new ArrayList<>(List.of("send"));
        all.addAll(List.of(args));
        TestMirror.Answer answer = mirror.run("signal", all.toArray(String[]::new));
        assertThat(answer.exit()).as(answer.error()).isZero();
    }

    private void tick() throws IOException {
        mirror.core().signals().tick();
    }

    private JsonNode deliveries() throws Exception {
        return mirror.run("signal", "deliveries", "--json").json();
    }

    private String state() throws Exception {
        return deliveries().path(0).path("state").asString();
    }

    @Test
    void aMessageIsSentOnceHoweverOftenTimePasses() throws Exception {
        toTelegram("");
        send("t", "hello <b>you</b>", "--title", "A", "--priority", "2");
        tick();
        tick();
        mirror.pass(Duration.ofHours(2));
        tick();
        assertThat(sent).hasSize(1);
        assertThat(paths.getFirst()).isEqualTo("/bot" + TOKEN + "/sendMessage");
        assertThat(sent.getFirst().toString())
                .isEqualTo("{\"chat_id\":\"42\",\"text\":\"A\\nhello <b>you</b>\",\"disable_notification\":true}");
        assertThat(state()).isEqualTo("delivered");
    }

    @Test
    void whatFailsIsTriedAgainLaterAndLaterAndAtLastGivenUp() throws Exception {
        toTelegram("");
        for (int i = 0; i < 20; i++) {
            answers.add("500 ");
        }
        send("t", "x");
        tick();
        assertThat(sent).hasSize(1);
        tick();
        assertThat(sent).as("not at once").hasSize(1);
        for (int i = 0; i < 20; i++) {
            mirror.pass(Duration.ofMinutes(7));
            tick();
        }
        assertThat(sent).hasSize(8);
        assertThat(state()).isEqualTo("dropped");
        assertThat(deliveries().path(0).path("reason").asString()).contains("given up after 8", "HTTP 500");
    }

    @Test
    void theOtherSidesWishToBeLeftAloneIsKept() throws Exception {
        toTelegram("");
        answers.add("429 {\"ok\":false,\"description\":\"Too Many Requests\",\"parameters\":{\"retry_after\":600}}");
        send("t", "x");
        tick();
        mirror.pass(Duration.ofSeconds(599));
        tick();
        assertThat(sent).hasSize(1);
        mirror.pass(Duration.ofSeconds(1));
        tick();
        assertThat(sent).hasSize(2);
        assertThat(state()).isEqualTo("delivered");
    }

    @Test
    void whatIsRefusedForGoodIsNotTriedAgain() throws Exception {
        toTelegram("");
        answers.add("400 {\"ok\":false,\"description\":\"Bad Request: chat not found\"}");
        send("t", "x");
        tick();
        mirror.pass(Duration.ofHours(1));
        tick();
        assertThat(sent).hasSize(1);
        assertThat(deliveries().path(0).path("reason").asString()).contains("chat not found");
    }

    @Test
    void theTokenOfTheBotIsNowhere() throws Exception {
        toTelegram("");
        answers.add("404 {\"ok\":false,\"description\":\"Not Found\"}");
        send("t", "x");
        tick();
        telegram.stop(0);
        mirror.pass(Duration.ofMinutes(5));
        tick();
        StringBuilder log = new StringBuilder();
        mirror.core().projector().log().replay(1, event -> log.append(event.line()));
        assertThat(log + mirror.run("signal", "deliveries").text())
                .contains("no answer from 127.0.0.1")
                .doesNotContain("AAsecret");
    }

    @Test
    void aRepetitionWithinItsWindowIsNotSent() throws Exception {
        toTelegram(", deduplicate: 10m");
        send("t", "disk full");
        tick();
        send("t", "disk full");
        send("t", "disk full", "--title", "other");
        tick();
        tick();
        mirror.pass(Duration.ofMinutes(11));
        send("t", "disk full");
        tick();
        assertThat(sent).hasSize(3);
        assertThat(mirror.events("mirror.signal.dropped.v1"))
                .singleElement()
                .satisfies(dropped -> assertThat(dropped.text("reason")).isEqualTo("duplicate"));
    }

    @Test
    void inQuietHoursOnlyWhatIsUrgentGoes() throws Exception {
        toTelegram("");
        Files.writeString(
                mirror.core().home().signals(),
                Files.readString(mirror.core().home().signals()) + "quiet: {from: \"22:00\", to: \"07:00\"}\n");
        // The clock of these tests stands at 03:04 UTC.
        send("t", "later");
        send("t", "now", "--priority", "max");
        tick();
        assertThat(sent)
                .singleElement()
                .satisfies(each -> assertThat(each.path("text").asString()).isEqualTo("now"));
        mirror.pass(Duration.ofMinutes(235));
        tick();
        assertThat(sent).hasSize(1);
        mirror.pass(Duration.ofMinutes(1));
        tick();
        assertThat(sent).hasSize(2);
    }

    @Test
    void whatTheGateDoesNotAllowWaitsUntilItDoesAndAsksNobody() throws Exception {
        toTelegram("");
        Path policy = mirror.core().home().policy();
        Files.writeString(mirror.core().home().kill(), "");
        send("t", "x");
        tick();
        assertThat(sent).isEmpty();
        assertThat(deliveries().path(0).path("reason").asString()).contains("kill-switch");
        Files.delete(mirror.core().home().kill());
        mirror.pass(Duration.ofMinutes(1));
        tick();
        assertThat(sent).hasSize(1);
        assertThat(mirror.events("mirror.approval.requested.v1")).isEmpty();
        assertThat(policy).exists();
    }

    @Test
    void aMessageThatIsADayOldIsNotSentAnyMore() throws Exception {
        toTelegram("");
        Files.writeString(mirror.core().home().kill(), "");
        send("t", "x");
        tick();
        mirror.pass(Duration.ofHours(25));
        Files.delete(mirror.core().home().kill());
        tick();
        assertThat(sent).isEmpty();
        assertThat(state()).isEqualTo("dropped");
    }

    @Test
    void whatIsPublishedWhileTheRoutesCannotBeReadIsRoutedOnceTheyCan() throws Exception {
        routes("routes: [");
        send("t", "x");
        tick();
        assertThat(mirror.run("signal", "routes").exit()).isEqualTo(1);
        toTelegram("");
        tick();
        assertThat(sent).hasSize(1);
    }

    @Test
    void aNewRouteIsNotFloodedWithOldMessages() throws Exception {
        send("t", "old");
        toTelegram("");
        tick();
        send("t", "new");
        tick();
        assertThat(sent).hasSize(1);
    }

    @Test
    void aProgramGetsTheMessageOnItsInputAndNothingOfItInItsArguments() throws Exception {
        Path out = folder.resolve("out");
        Path program = script("take", "cat > " + out + "; echo \"$MIRROR_KEY $MIRROR_TOPIC $*\" >> " + out + "\n");
        routes("routes: {log: {to: command, topics: [t], priority: 4, run: ['" + program + "', --fixed]}}\n");
        send("t", "quiet");
        send("u", "other topic", "--priority", "5");
        send("t", "$(touch " + folder.resolve("owned") + ")", "--priority", "high");
        tick();
        tick();
        List<String> lines = Files.readAllLines(out);
        assertThat(Json.MAPPER.readTree(lines.getFirst()).path("message").asString())
                .startsWith("$(touch");
        assertThat(lines.getLast()).matches("signal/[A-Za-z0-9]{12}/log t --fixed");
        assertThat(folder.resolve("owned")).doesNotExist();
    }

    @Test
    void aProgramThatFailsIsTriedAgain() throws Exception {
        Path once = folder.resolve("once");
        Path program = script("flaky", "[ -e " + once + " ] || { touch " + once + "; echo broken; exit 3; }\n");
        routes("routes: {log: {to: command, topics: all, run: ['" + program + "']}}\n");
        send("t", "x");
        tick();
        assertThat(deliveries().path(0).path("reason").asString()).isEqualTo("exit code 3: broken");
        mirror.pass(Duration.ofSeconds(2));
        tick();
        assertThat(state()).isEqualTo("delivered");
    }

    @Test
    void theScreenShowsTheTitleAndTheTextOnlyWhenTheOwnerSaysSo() throws Exception {
        Path out = folder.resolve("shown");
        script("notify-send", "printf '%s|' \"$@\" >> " + out + "\n");
        routes("routes: {s: {to: desktop, topics: [t]}, l: {to: desktop, topics: [u], text: true}}\n");
        send("t", "the text", "--title", "-The\u001b[1m title");
        send("u", "<b>a & b</b>", "--priority", "5");
        tick();
        tick();
        assertThat(Files.readString(out))
                .isEqualTo("--app-name=Mirror|--urgency=normal|--|-The [1m title|"
                        + "--app-name=Mirror|--urgency=critical|--|u|&lt;b&gt;a &amp; b&lt;/b&gt;|");
    }

    @Test
    void messagesAreForgottenWithAllThatTheySaidWhenTheirTimeIsOver() throws Exception {
        routes("keep: 1h\n");
        send("t", "x");
        tick();
        mirror.pass(Duration.ofMinutes(61));
        tick();
        assertThat(mirror.run("signal", "list").text()).isEqualTo("no message is kept\n");
        try (var blobs = Files.list(mirror.core().home().blobs())) {
            assertThat(blobs).isEmpty();
        }
        assertThat(mirror.events("mirror.signal.forgotten.v1")).hasSize(1);
    }

    @Test
    void theOwnerMayHaveAMessageForgottenAtOnce() throws Exception {
        send("t", "x");
        String id =
                mirror.run("signal", "list", "--json").json().path(0).path("id").asString();
        assertThat(mirror.run("signal", "forget", id).exit()).isZero();
        assertThat(mirror.run("signal", "show", id).exit()).isEqualTo(1);
        try (var blobs = Files.list(mirror.core().home().blobs())) {
            assertThat(blobs).isEmpty();
        }
    }

    @Test
    void theFoldOfTheLogIsTheSameFromASnapshotAndFromTheFirstEvent() throws Exception {
        toTelegram("");
        answers.add("500 ");
        send("t", "x");
        send("t", "y", "--delay", "1h");
        tick();
        SignalLedger fresh = new SignalLedger();
        List<Event> events = new ArrayList<>();
        mirror.core().projector().log().replay(1, events::add);
        events.forEach(fresh);
        JsonNode saved = mirror.core().state().signals().save();
        assertThat(fresh.save()).isEqualTo(saved);
        SignalLedger restored = new SignalLedger();
        restored.restore(saved);
        assertThat(restored.save()).isEqualTo(saved);
    }
}
