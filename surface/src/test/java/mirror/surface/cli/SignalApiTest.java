package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** ntfy's API as its clients use it: the recipes of its documentation, by headers, query and JSON. */
final class SignalApiTest {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private SignalServer server;

    @BeforeEach
    void start() throws IOException {
        server = new SignalServer(folder, LONG);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.MAPPER.readTree(answer.body());
    }

    // ---- publishing

    @Test
    void aPlainBodyIsTheMessageAndTheAnswerIsTheMessageAsSubscribersGetIt() throws Exception {
        HttpResponse<String> answer = server.send("POST", "/t", "Backup successful 😀");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body()).endsWith("}\n");
        JsonNode message = json(answer);
        assertThat(message.propertyNames()).containsExactly("id", "time", "expires", "event", "topic", "message");
        assertThat(message.path("id").asString()).matches("[A-Za-z0-9]{12}");
        assertThat(message.path("event").asString()).isEqualTo("message");
        assertThat(message.path("topic").asString()).isEqualTo("t");
        assertThat(message.path("message").asString()).isEqualTo("Backup successful 😀");
        assertThat(server.poll("/t/json")).containsExactly(message);
    }

    @Test
    void allHeadersAndTheirShortFormsAreRead() throws Exception {
        JsonNode said = server.publish(
                "t",
                "text",
                "Title",
                "=?UTF-8?B?8J+HqfCfh6o=?= day",
                "p",
                "urgent",
                "ta",
                "warning, skull",
                "Click",
                "https://x.de/a",
                "X-Icon",
                "https://x.de/i.png",
                "Attach",
                "https://x.de/f/flower.jpg?x=1",
                "md",
                "yes",
                "Actions",
                "view, Open, https://x.de");
        assertThat(said.path("title").asString()).isEqualTo("🇩🇪 day");
        assertThat(said.path("priority").asInt()).isEqualTo(5);
        assertThat(said.path("tags").toString()).isEqualTo("[\"warning\",\"skull\"]");
        assertThat(said.path("click").asString()).isEqualTo("https://x.de/a");
        assertThat(said.path("icon").asString()).isEqualTo("https://x.de/i.png");
        assertThat(said.path("attachment").toString())
                .isEqualTo("{\"name\":\"flower.jpg\",\"url\":\"https://x.de/f/flower.jpg?x=1\"}");
        assertThat(said.path("content_type").asString()).isEqualTo("text/markdown");
        JsonNode action = said.path("actions").path(0);
        assertThat(action.path("action").asString()).isEqualTo("view");
        assertThat(action.path("clear").isBoolean()).isTrue();
        assertThat(action.path("id").asString()).isNotEmpty();
        assertThat(server.poll("/t/json")).containsExactly(said);
    }

    @Test
    void aMessageCanBePublishedByGetWithNothingButAnAddress() throws Exception {
        String auth =
                Base64.getUrlEncoder().withoutPadding().encodeToString(("Bearer " + server.token()).getBytes(UTF_8));
        for (String verb : List.of("publish", "send", "trigger")) {
            HttpResponse<String> answer =
                    server.send("GET", "/t/" + verb + "?message=Webhook+triggered%5Cnnow&title=A&p=2&auth=" + auth, "");
            assertThat(json(answer).path("message").asString()).isEqualTo("Webhook triggered\nnow");
            assertThat(json(answer).path("priority").asInt()).isEqualTo(2);
        }
        assertThat(json(server.send("GET", "/t/trigger", "")).path("message").asString())
                .isEqualTo("triggered");
    }

    @Test
    void jsonSaysTheSameAsHeaders() throws Exception {
        JsonNode said = json(server.send("POST", "/", """
                {"topic":"t","message":"Disk space is low at 5.1 GB","title":"Low disk","tags":["warning","cd"],
                 "priority":4,"click":"https://x.de","filename":"f","markdown":true,"attach":"https://x.de/a.jpg",
                 "actions":[{"action":"view","label":"Admin panel","url":"https://x.de/admin"}]}
                """));
        assertThat(said.path("message").asString()).isEqualTo("Disk space is low at 5.1 GB");
        assertThat(said.path("title").asString()).isEqualTo("Low disk");
        assertThat(said.path("priority").asInt()).isEqualTo(4);
        assertThat(said.path("tags").size()).isEqualTo(2);
        assertThat(said.path("attachment").path("name").asString()).isEqualTo("f");
        assertThat(said.path("actions").path(0).path("label").asString()).isEqualTo("Admin panel");
    }

    @Test
    void whatIsWrongIsRefusedInNtfysWords() throws Exception {
        String[][] wrong = {
            {"40007", "POST", "/t", "Priority", "9"},
            {"40018", "POST", "/t", "Actions", "fly, Up"},
            {"40013", "POST", "/t", "Attach", "ftp://x.de"},
            {"40021", "POST", "/t", "Icon", "x"},
            {"40001", "POST", "/t", "Email", "a@b.de"},
            {"40032", "POST", "/t", "Call", "yes"},
            {"40004", "POST", "/t", "Delay", "someday"},
            {"40005", "POST", "/t", "In", "9s"},
            {"40006", "POST", "/t", "At", "4 days"},
            {"40000", "POST", "/t", "Template", "yes"},
            {"40008", "GET", "/t/json?since=yesterday", "X", "x"},
            {"40007", "GET", "/t/json?poll=1&priority=9", "X", "x"},
            {"40009", "GET", "/t,a.b/json", "X", "x"},
            {"40016", "GET", "/t/ws", "X", "x"},
            {"40401", "GET", "/t", "X", "x"},
            {"40401", "DELETE", "/t", "X", "x"},
            {"40401", "GET", "/file/aaaaaaaaaaaa.txt", "X", "x"},
        };
        for (String[] each : wrong) {
            HttpResponse<String> answer = server.send(each[1], each[2], "x", each[3], each[4]);
            assertThat(json(answer).path("code").asString())
                    .as(String.join(" ", each) + " " + answer.body())
                    .isEqualTo(each[0]);
            assertThat(json(answer).path("http").asInt()).isEqualTo(answer.statusCode());
            assertThat(answer.statusCode()).isEqualTo(Integer.parseInt(each[0]) / 100);
            assertThat(json(answer).path("error").asString()).isNotEmpty();
        }
        assertThat(json(server.send("POST", "/t", "x", "Priority", "9"))
                        .path("link")
                        .asString())
                .isEqualTo("https://ntfy.sh/docs/publish/#message-priority");
        assertThat(json(server.send("POST", "/t", "x", "Delay", "1h", "Cache", "no"))
                        .path("code")
                        .asInt())
                .isEqualTo(40002);
        assertThat(json(server.send("POST", "/", "{\"topic\":\"t\""))
                        .path("code")
                        .asInt())
                .isEqualTo(40024);
        assertThat(json(server.send("POST", "/", "{\"topic\":\"a/b\"}"))
                        .path("code")
                        .asInt())
                .isEqualTo(40009);
        assertThat(json(server.send("POST", "/", "{\"topic\":\"t\",\"tags\":[1]}"))
                        .path("code")
                        .asInt())
                .isEqualTo(40024);
        assertThat(json(server.send("POST", "/", "{\"a\":\"" + "x".repeat(20_000) + "\"}"))
                        .path("code")
                        .asInt())
                .isEqualTo(41303);
        assertThat(server.poll("/t/json")).isEmpty();
    }

    @Test
    void noHeadersOfStrangersMakeAnythingButAMessageOrARefusal() throws Exception {
        String[] names = {"Title", "Priority", "Tags", "Actions", "Attach", "Delay", "Click", "Filename", "Since"};
        String letters = "abc,;='\"\\[]{}:/.?&%@#<>-_ 019=?utf-8?b?Q?=";
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 300; i++) {
            List<String> headers = new ArrayList<>();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                StringBuilder value = new StringBuilder("x");
                for (int c = random.nextInt(40); c > 0; c--) {
                    value.append(letters.charAt(random.nextInt(letters.length())));
                }
                headers.addAll(List.of(names[random.nextInt(names.length)], value.toString()));
            }
            HttpResponse<String> answer = server.send("POST", "/t", "x", headers.toArray(String[]::new));
            assertThat(answer.statusCode()).as(headers.toString()).isIn(200, 400);
            assertThat(json(answer).isObject()).isTrue();
        }
    }

    @Test
    void aHeaderMayBeWrittenInUtf8AsCurlSendsIt() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            String body = "Grüße";
            socket.getOutputStream()
                    .write(("POST /t HTTP/1.1\r\nHost: 127.0.0.1:" + server.port()
                                    + "\r\nTitle: Dégué 😀 ok\r\nTags: ä,b\r\nAuthorization: Bearer " + server.token()
                                    + "\r\nContent-Length: " + body.getBytes(UTF_8).length
                                    + "\r\n\r\n"
                                    + body)
                            .getBytes(UTF_8));
            byte[] status = socket.getInputStream().readNBytes(13);
            assertThat(new String(status, UTF_8)).isEqualTo("HTTP/1.1 200 ");
        }
        JsonNode said = server.poll("/t/json").getFirst();
        assertThat(said.path("title").asString()).isEqualTo("Dégué 😀 ok");
        assertThat(said.path("tags").toString()).isEqualTo("[\"ä\",\"b\"]");
        assertThat(said.path("message").asString()).isEqualTo("Grüße");
    }

    // ---- files

    @Test
    void aFileIsKeptForThoseWhoMayHearTheTopicAndGoesWhenItsTimeIsOver() throws Exception {
        byte[] flower = new byte[100_000];
        new java.util.Random(5).nextBytes(flower);
        HttpResponse<String> answer =
                server.bare("PUT", "/t", flower, "Filename", "flower.jpg", "Authorization", "Bearer " + server.token());
        JsonNode attachment = json(answer).path("attachment");
        assertThat(attachment.path("name").asString()).isEqualTo("flower.jpg");
        assertThat(attachment.path("type").asString()).isEqualTo("image/jpeg");
        assertThat(attachment.path("size").asInt()).isEqualTo(100_000);
        assertThat(json(answer).path("message").asString()).isEqualTo("You received a file: flower.jpg");
        String path = URI.create(attachment.path("url").asString()).getPath();
        assertThat(path).matches("/file/[A-Za-z0-9]{12}\\.jpg");
        HttpClient http = HttpClient.newHttpClient();
        var got = http.send(
                java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .header("Authorization", "Bearer " + server.token())
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(got.body()).isEqualTo(flower);
        assertThat(got.headers().firstValue("Content-Type")).contains("application/octet-stream");
        assertThat(server.bare("GET", path, new byte[0]).statusCode()).isEqualTo(403);
        assertThat(server.bare(
                                "GET",
                                path,
                                new byte[0],
                                "Authorization",
                                "Bearer " + server.token("x", "subscribe:topic/u"))
                        .statusCode())
                .isEqualTo(403);
        server.mirror().pass(Duration.ofHours(4));
        server.mirror().core().signals().tick();
        assertThat(server.send("GET", path, "").statusCode()).isEqualTo(404);
        try (var blobs = Files.list(server.mirror().core().home().blobs())) {
            assertThat(blobs.filter(file -> file.toFile().length() > 50_000)).isEmpty();
        }
    }

    @Test
    void whatIsLongerThanAMessageIsAFileAndWhatIsLongerThanAFileIsRefused() throws Exception {
        assertThat(server.publish("t", "x".repeat(4096)).has("attachment")).isFalse();
        JsonNode file = server.publish("t", "x".repeat(4097)).path("attachment");
        assertThat(file.path("name").asString()).isEqualTo("attachment.txt");
        assertThat(file.path("size").asInt()).isEqualTo(4097);
        byte[] binary = {(byte) 0xff, 0, 1};
        HttpResponse<String> answer = server.bare("PUT", "/t", binary, "Authorization", "Bearer " + server.token());
        assertThat(json(answer).path("attachment").path("name").asString()).isEqualTo("attachment.bin");
        HttpResponse<String> push = server.bare("PUT", "/t?up=1", binary, "Authorization", "Bearer " + server.token());
        assertThat(json(push).path("encoding").asString()).isEqualTo("base64");
        assertThat(json(push).path("message").asString()).isEqualTo("/wAB");
        HttpResponse<String> huge =
                server.bare("PUT", "/t", new byte[15 * 1024 * 1024 + 1], "Authorization", "Bearer " + server.token());
        assertThat(json(huge).path("code").asInt()).isEqualTo(41301);
    }

    // ---- who may

    @Test
    void withoutATokenThatNamesTheTopicNothingIsPublishedOrHeard() throws Exception {
        String reader = server.token("reader", "subscribe:topic/t");
        String writer = server.token("writer", "publish:topic/t");
        byte[] body = "x".getBytes(UTF_8);
        String[][] no = {
            {"403", "POST", "/t", ""},
            {"401", "POST", "/t", "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"},
            {"401", "POST", "/t", server.token() + "x"},
            {"403", "POST", "/t", reader},
            {"403", "GET", "/t/publish", reader},
            {"403", "POST", "/u", writer},
            {"403", "GET", "/t/json?poll=1", writer},
            {"403", "GET", "/t,u/json?poll=1", reader},
            {"403", "GET", "/t/auth", writer},
            {"403", "GET", "/t/ws", writer},
        };
        for (String[] each : no) {
            HttpResponse<String> answer = each[3].isEmpty()
                    ? server.bare(each[1], each[2], body)
                    : server.bare(each[1], each[2], body, "Authorization", "Bearer " + each[3]);
            assertThat(answer.statusCode()).as(String.join(" ", each)).isEqualTo(Integer.parseInt(each[0]));
        }
        assertThat(server.poll("/t/json")).isEmpty();
        assertThat(server.send("GET", "/t/auth", "").body()).isEqualTo("{\"success\":true}\n");
        assertThat(server.bare("GET", "/v1/health", new byte[0]).body()).isEqualTo("{\"healthy\":true}\n");
        assertThat(server.bare("GET", "/t?up=1", new byte[0]).body()).isEqualTo("{\"unifiedpush\":{\"version\":1}}\n");
    }

    @Test
    void aTokenMayComeAsThePasswordOfAnyUser() throws Exception {
        String basic = "Basic " + Base64.getEncoder().encodeToString(("phil:" + server.token()).getBytes(UTF_8));
        assertThat(server.send("POST", "/t", "x", "Authorization", basic).statusCode())
                .isEqualTo(200);
        String query = Base64.getUrlEncoder().withoutPadding().encodeToString(basic.getBytes(UTF_8));
        assertThat(server.bare("POST", "/t?auth=" + query, new byte[] {'y'}).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aLeaseThatIsUsedUpPublishesNothingMore() throws Exception {
        String token = server.token("once", 2, "publish:topic/t");
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            statuses.add(server.send("POST", "/t", "x", "Authorization", "Bearer " + token)
                    .statusCode());
        }
        assertThat(statuses).containsExactly(200, 200, 403, 403);
    }

    @Test
    void theKillSwitchStopsPublishing() throws Exception {
        Files.writeString(server.mirror().core().home().kill(), "");
        HttpResponse<String> answer = server.send("POST", "/t", "x");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("kill-switch");
    }

    @Test
    void aWebPageOfAnotherOriginIsKeptOut() throws Exception {
        assertThat(server.send("POST", "/t", "x", "Origin", "https://evil.example")
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void noWordOfAMessageIsInTheLog() throws Exception {
        server.publish("t", "the secret word is xyzzy", "Title", "plugh", "Tags", "frotz");
        assertThat(server.mirror().events("mirror.signal.published.v1")).hasSize(1);
        StringBuilder log = new StringBuilder();
        server.mirror().core().projector().log().replay(1, event -> log.append(event.line()));
        assertThat(log).doesNotContain("xyzzy", "plugh", "frotz", server.token());
    }

    // ---- subscribing

    @Test
    void aSubscriberIsToldThatItIsThereAndThenOfEachMessageInEveryFormat() throws Exception {
        try (var json = server.open("/t,u/json");
                var sse = server.open("/t/sse");
                var raw = server.open("/t/raw")) {
            assertThat(json.type()).isEqualTo("application/x-ndjson; charset=utf-8");
            assertThat(sse.type()).isEqualTo("text/event-stream; charset=utf-8");
            assertThat(raw.type()).isEqualTo("text/plain; charset=utf-8");
            JsonNode open = json.json();
            assertThat(open.propertyNames()).containsExactly("id", "time", "event", "topic");
            assertThat(open.path("event").asString()).isEqualTo("open");
            assertThat(open.path("topic").asString()).isEqualTo("t,u");
            assertThat(sse.next()).isEqualTo("event: open");
            assertThat(sse.next()).startsWith("data: {\"id\":");
            assertThat(sse.next()).isEmpty();
            assertThat(raw.next()).isEmpty();
            JsonNode first = server.publish("t", "a\nb\u001b[31m");
            JsonNode second = server.publish("u", "two");
            assertThat(json.json()).isEqualTo(first);
            assertThat(json.json()).isEqualTo(second);
            assertThat(sse.next()).isEqualTo("data: " + first);
            assertThat(sse.next()).isEmpty();
            assertThat(raw.next()).isEqualTo("a b [31m");
        }
    }

    @Test
    void aSubscriberIsToldThatTheConnectionLives() throws Exception {
        stop();
        server = new SignalServer(Files.createDirectories(folder.resolve("second")), Duration.ofMillis(5));
        try (var json = server.open("/t/json")) {
            assertThat(json.json().path("event").asString()).isEqualTo("open");
            assertThat(json.json().path("event").asString()).isEqualTo("keepalive");
            assertThat(json.json().path("topic").asString()).isEqualTo("t");
        }
    }

    @Test
    void whatWasPublishedBeforeIsToldFromWhereItIsAskedFor() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ids.add(server.publish(i == 3 ? "u" : "t", "m" + i).path("id").asString());
            server.mirror().pass(Duration.ofMinutes(1));
        }
        long third = server.poll("/t/json").get(2).path("time").asLong();
        assertThat(texts("/t/json")).containsExactly("m0", "m1", "m2");
        assertThat(texts("/t/json?since=all")).containsExactly("m0", "m1", "m2");
        assertThat(texts("/t/json?since=none")).isEmpty();
        assertThat(texts("/t/json?since=" + ids.get(0))).containsExactly("m1", "m2");
        assertThat(texts("/t/json?since=" + ids.get(2))).isEmpty();
        assertThat(texts("/t/json?since=aaaaaaaaaaaa")).containsExactly("m0", "m1", "m2");
        assertThat(texts("/t/json?since=" + third)).containsExactly("m2");
        assertThat(texts("/t/json?since=3m")).containsExactly("m1", "m2");
        assertThat(texts("/t,u/json?since=latest")).containsExactly("m2", "m3");
    }

    private List<String> texts(String path) throws Exception {
        return server.poll(path).stream()
                .map(each -> each.path("message").asString())
                .toList();
    }

    @Test
    void filtersLetThroughWhatTheyName() throws Exception {
        server.publish("t", "one", "Title", "A", "Tags", "x,y", "Priority", "4");
        server.publish("t", "two");
        assertThat(texts("/t/json?message=two")).containsExactly("two");
        assertThat(texts("/t/json?title=A")).containsExactly("one");
        assertThat(texts("/t/json?tags=y,x")).containsExactly("one");
        assertThat(texts("/t/json?tags=y,z")).isEmpty();
        assertThat(texts("/t/json?priority=high,urgent")).containsExactly("one");
        assertThat(texts("/t/json?priority=default")).containsExactly("two");
        assertThat(texts("/t/json?id=aaaaaaaaaaaa")).isEmpty();
    }

    @Test
    void whatIsNotToBeCachedReachesOnlyThoseWhoAreThere() throws Exception {
        try (var json = server.open("/t/json")) {
            json.next();
            JsonNode said = server.publish("t", "now or never", "Cache", "no");
            assertThat(said.has("expires")).isFalse();
            assertThat(json.json()).isEqualTo(said);
        }
        assertThat(server.poll("/t/json")).isEmpty();
    }

    @Test
    void aScheduledMessageIsToldOnceWhenItIsDue() throws Exception {
        JsonNode later = server.publish("t", "later", "Delay", "30m");
        JsonNode soon = server.publish("t", "soon", "At", "10s");
        server.publish("t", "now");
        assertThat(texts("/t/json")).containsExactly("now");
        assertThat(texts("/t/json?sched=1")).containsExactly("now", "soon", "later");
        try (var json = server.open("/t/json?since=all")) {
            json.next();
            json.next();
            server.mirror().core().signals().tick();
            server.mirror().pass(Duration.ofSeconds(10));
            server.mirror().core().signals().tick();
            server.mirror().core().signals().tick();
            assertThat(json.json()).isEqualTo(soon);
            server.mirror().pass(Duration.ofMinutes(30));
            server.mirror().core().signals().tick();
            assertThat(json.json()).isEqualTo(later);
        }
        assertThat(texts("/t/json?since=" + soon.path("id").asString())).containsExactly("later");
        assertThat(server.mirror().events("mirror.signal.released.v1")).hasSize(2);
    }

    @Test
    void aRevokedLeaseEndsAnOpenSubscriptionBeforeTheNextMessage() throws Exception {
        try (var json = server.open("/t/json")) {
            json.next();
            server.publish("t", "heard");
            assertThat(json.json().path("message").asString()).isEqualTo("heard");
            var core = server.mirror().core();
            String lease = core.state().leases().list().getFirst().id();
            core.projector().record(core.state().leases().revoke(lease));
            assertThat(server.mirror().run("signal", "send", "t", "not heard").exit())
                    .isZero();
            assertThat(json.next()).isNull();
        }
    }

    @Test
    void whoeverGoesOnAfterTheLastIdItSawMissesNothingAndSeesNothingTwice() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<String> published = new ArrayList<>();
        List<String> heard = new ArrayList<>();
        String last = "";
        for (int round = 0; round < 12; round++) {
            for (int n = random.nextInt(4); n > 0; n--) {
                published.add(server.publish("t", "m").path("id").asString());
            }
            try (var json = server.open("/t/json?since=" + (last.isEmpty() ? "all" : last))) {
                json.next();
                for (int n = random.nextInt(1, 4); n > 0; n--) {
                    published.add(server.publish("t", "m").path("id").asString());
                }
                for (int n = random.nextInt(1, published.size() - heard.size() + 1); n > 0; n--) {
                    last = json.json().path("id").asString();
                    heard.add(last);
                }
            }
        }
        server.poll("/t/json?since=" + last)
                .forEach(each -> heard.add(each.path("id").asString()));
        assertThat(heard).isEqualTo(published);
    }

    // ---- WebSockets

    private static final class Heard implements WebSocket.Listener {
        final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final StringBuilder part = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                texts.add(part.toString());
                part.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }
    }

    @Test
    void aWebSocketIsToldTheSame() throws Exception {
        JsonNode before = server.publish("t", "before");
        Heard heard = new Heard();
        WebSocket socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .header("Authorization", "Bearer " + server.token())
                .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + "/t/ws?since=all"), heard)
                .join();
        assertThat(Json.MAPPER.readTree(heard.texts.take()).path("event").asString())
                .isEqualTo("open");
        assertThat(Json.MAPPER.readTree(heard.texts.take())).isEqualTo(before);
        JsonNode longer = server.publish("t", "ü".repeat(2_000));
        assertThat(Json.MAPPER.readTree(heard.texts.take())).isEqualTo(longer);
        socket.sendText("hello", true).join();
        socket.sendPing(java.nio.ByteBuffer.wrap(new byte[] {1})).join();
        JsonNode after = server.publish("t", "after");
        assertThat(Json.MAPPER.readTree(heard.texts.take())).isEqualTo(after);
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").join();
        assertThat(heard.closed.join()).isEqualTo(WebSocket.NORMAL_CLOSURE);
    }

    @Test
    void aFrameThatIsNotMaskedOrTooLongEndsTheConnection() throws Exception {
        for (byte[] bad : new byte[][] {{(byte) 0x81, 1, 'x'}, {(byte) 0x81, (byte) 0xFF, 0, 0, 0, 0, 0, 1, 0, 0}}) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream()
                        .write(("GET /t/ws HTTP/1.1\r\nHost: 127.0.0.1:" + server.port()
                                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "
                                        + server.token() + "\r\n\r\n")
                                .getBytes(UTF_8));
                socket.getOutputStream().write(bad);
                String all = new String(socket.getInputStream().readAllBytes(), UTF_8);
                assertThat(all)
                        .startsWith("HTTP/1.1 101 ")
                        // The example of RFC 6455, section 1.3.
                        .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            }
        }
    }

    @Test
    void theUseOfALeaseIsInTheLogWithTheMessage() throws Exception {
        server.publish("t", "x");
        Event published = server.mirror().events("mirror.signal.published.v1").getFirst();
        assertThat(published.actor()).isEqualTo("tester");
        assertThat(published.permit())
                .isEqualTo(server.mirror()
                        .core()
                        .state()
                        .leases()
                        .list()
                        .getFirst()
                        .id());
        assertThat(server.mirror().events("mirror.lease.used.v1")).hasSize(1);
        assertThat(server.mirror().events("mirror.action.decided.v1"))
                .singleElement()
                .satisfies(decided -> assertThat(decided.text("verdict")).isEqualTo("allow"));
    }
}
