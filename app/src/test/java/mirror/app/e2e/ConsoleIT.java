package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bench.Chromium;
import mirror.bench.Tab;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The console of a real daemon in Debian's Chromium: a browser is let in, sees what happens, and a phone's passkey allows an action. */
final class ConsoleIT extends AtHome {
    private static final Pattern ADDRESS = Pattern.compile("http://localhost:\\d+/console/#(pair|enrol)=\\S+");

    @SuppressWarnings("NullAway.Init")
    private static Chromium browser;

    @BeforeAll
    static void start(@TempDir(factory = OutsideTemp.class) Path profile) {
        browser = Screens.browser(profile);
    }

    @AfterEach
    void close() {
        browser.closeTabs();
    }

    @AfterAll
    static void end() {
        if (browser != null) {
            browser.close();
        }
    }

    @Override
    void layOut() throws IOException {
        Workspace.write(
                workspace.home().resolve("vault/Login.md"),
                "# Login\n\nSee [[Cookies]]. <script>window.pwned=1</script>\n");
        Workspace.write(workspace.home().resolve("vault/Cookies.md"), "# Cookies\n\nThey are signed. [[Login]]\n");
    }

    @Override
    MirrorHome boot() throws IOException {
        return MirrorHome.boot(workspace, "two-devices: [destructive]\n");
    }

    @Override
    List<String> connected() {
        return List.of("claude");
    }

    private String address(String... command) {
        MirrorHome.Result result = mirror.run(command);
        assertThat(result.exit()).as(result.err()).isZero();
        Matcher found = ADDRESS.matcher(result.out());
        assertThat(found.find()).as(result.out()).isTrue();
        return found.group();
    }

    /** A browser that was let in; each test has a daemon of its own, so that what another one left does not matter. */
    private Tab paired() {
        Tab page = browser.open().sized(1440, 900, true);
        String address = address("console", "--print");
        page.go(address);
        page.until("document.querySelector('page-pair button, .chips')");
        if (page.eval("Boolean(document.querySelector('page-pair'))").asBoolean(false)) {
            page.click("page-pair button");
        }
        page.until("document.querySelector('.chips')?.childElementCount");
        return page;
    }

    private static void turn(Tab page, String hash) {
        page.eval("location.hash = '#/" + hash + "'");
        page.until("document.querySelector('main > page-" + hash.split("[/?]", 2)[0] + "')");
        page.until("!document.querySelector('main').innerText.includes('Loading…')");
    }

    private static final Map<String, ?> FORBIDDEN =
            Map.of("tool_name", "Bash", "tool_use_id", "t1", "tool_input", Map.of("command", "cat ~/.ssh/id_ed25519"));

    private static final Map<String, ?> ASKS = Map.of(
            "tool_name",
            "Bash",
            "tool_use_id",
            "t2",
            "tool_input",
            Map.of("command", "curl -X POST https://example.com/deploy -d @dist.tgz"));

    private static final Map<String, ?> DESTROYS =
            Map.of("tool_name", "Bash", "tool_use_id", "t3", "tool_input", Map.of("command", "rm -rf build"));

    @Test
    void aBrowserIsLetInByACodeThatIsGoodOnceAndSeesWhatHappensAsItHappens() {
        String address = address("console", "--print");
        Tab page = browser.open().sized(1440, 900, false);
        page.go(address);
        page.until("document.querySelector('page-pair button')");
        assertThat(page.eval("location.href").asString()).doesNotContain("pair=");
        page.click("page-pair button");
        page.until("document.querySelector('.chips')?.childElementCount");

        turn(page, "timeline");
        mirror.hook("SessionStart", Map.of("source", "startup"));
        mirror.hook("UserPromptSubmit", Map.of("prompt", "<img src=x onerror=\"window.pwned=1\">"));
        mirror.hook("PreToolUse", FORBIDDEN);
        page.until("document.querySelector('main').innerText.includes('block Bash')");
        page.until("document.querySelector('.event-row .proof[data-proof=verified]')");
        page.eval("document.querySelector('.row').click()");
        page.until("document.querySelector('.event-view h2')");
        Screens.keep(page, "real-timeline");
        turn(page, "map");
        page.until("document.querySelector('.chips').textContent.includes('denied this hour')");
        Screens.keep(page, "real-map");
        assertThat(page.eval("window.pwned === undefined").asBoolean(false)).isTrue();
        assertThat(page.complaints()).isEmpty();

        Tab second = browser.open().sized(1440, 900, false);
        second.go(address);
        second.eval("localStorage.clear()");
        second.go(address);
        second.click("page-pair button");
        second.until("document.querySelector('page-pair .said')?.textContent !== ''");
    }

    @Test
    void everyPageOfARealDaemonStandsWithoutAComplaint() {
        mirror.hook("SessionStart", Map.of("source", "startup"));
        mirror.hook("UserPromptSubmit", Map.of("prompt", "start the login service"));
        mirror.hook("PreToolUse", FORBIDDEN);
        mirror.hook("Stop", Map.of("last_assistant_message", "It stands.\nDecision: cookies are signed"));
        Tab page = paired();
        for (boolean phone : List.of(false, true)) {
            page.sized(phone ? 390 : 1440, phone ? 844 : 900, phone);
            for (String hash : List.of(
                    "map",
                    "timeline",
                    "sessions",
                    "sessions/session-1",
                    "approvals",
                    "trust",
                    "trust/Denials",
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
                    "pulse/Incidents",
                    "pulse/Reliability",
                    "report",
                    "stats",
                    "capture",
                    "device")) {
                turn(page, hash);
                Screens.keep(page, "real-" + hash.replaceAll("[^a-zA-Z0-9]+", "-") + (phone ? "-phone" : ""));
                assertThat(page.complaints()).as(hash).isEmpty();
                assertThat(page.text("main")).as(hash).doesNotContain("cannot show what came");
            }
        }
        assertThat(page.eval("window.pwned === undefined").asBoolean(false)).isTrue();
    }

    /** A phone with a passkey that counts, on the page where it was made. */
    private Tab enrolled() {
        Tab phone = browser.open().sized(390, 844, true);
        phone.authenticator();
        phone.go(address("device", "invite", "phone"));
        phone.click("page-enrol button");
        phone.until("document.querySelector('.fingerprint')");
        String fingerprint = phone.text(".fingerprint");
        Screens.keep(phone, "real-enrol");
        assertThat(mirror.run("device", "confirm", "phone").out()).contains(fingerprint);
        assertThat(mirror.run("device", "confirm", "phone", "--yes").exit()).isZero();
        return phone;
    }

    @Test
    void whatDestroysIsAllowedByThePhoneAndTheTerminalTogether() {
        Tab phone = enrolled();
        CompletableFuture<MirrorHome.Result> waits =
                CompletableFuture.supplyAsync(() -> mirror.hook("PreToolUse", DESTROYS));
        String id = mirror.awaitApproval(waits).path("id").asString();
        MirrorHome.Result first = mirror.run("approve", id, "--yes");
        assertThat(first.out()).contains("one of two");
        assertThat(mirror.run("approve", id, "--yes").err()).contains("another device has to");
        assertThat(mirror.run("approvals").out()).contains("allowed by 1 of 2 devices");
        phone.click(".alone-card a");
        phone.until("document.querySelector('.chips')?.childElementCount");
        turn(phone, "approvals");
        phone.until("document.querySelector('a.approval').textContent.includes('1 of 2 signed')");
        assertThat(waits).isNotDone();
        phone.click("a.approval");
        phone.until("document.querySelector('.answer')");
        phone.eval("document.querySelector('.one-body').scrollTop = 1e7");
        phone.until("document.querySelector('.answer .first:not([disabled])')");
        Screens.keep(phone, "real-approval-two");
        phone.click(".answer .first");
        assertThat(waits.join().out()).contains("\"allow\"");
        assertThat(mirror.events("mirror.approval.signed.v1")).hasSize(1);
        phone.forgive("pubKeyCredParams");
        assertThat(phone.complaints()).isEmpty();
    }

    @Test
    void thePastIsWhatWasKnownThen() {
        String before = Instant.now().toString();
        mirror.hook("SessionStart", Map.of("source", "startup"));
        mirror.hook("UserPromptSubmit", Map.of("prompt", "start the login service"));
        assertThat(mirror.run("lease", "grant", "--to", "codex", "--effects", "read:/srv", "--yes")
                        .exit())
                .isZero();
        Tab page = paired();
        for (String hash : List.of("sessions", "trust", "tiers", "stats")) {
            turn(page, hash);
            String now = page.text("main");
            page.eval("import('./when.js').then(({ when }) => when.look(new Date('" + before + "')))");
            page.until("document.querySelector('time-bar.past:not([hidden])')");
            page.until("document.querySelector('main').textContent !== " + Tab.quoted(now));
            Screens.keep(page, "real-past-" + hash);
            page.eval("import('./when.js').then(({ when }) => when.live())");
            page.until("!document.querySelector('time-bar.past')");
        }
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    void thePageForEverybodyStandsAloneAsFiles() throws IOException {
        assertThat(mirror.run("console", "publish", "site", "--all").err()).contains("no service ever ran");
        Path notes = Workspace.write(mirror.home().resolve("services/notes.yaml"), "run: [sleep, '600']\n");
        mirror.run("lease", "grant", "--to", "service:notes", "--effects", "run:sleep", "--yes");
        assertThat(mirror.run("sign", notes.toString()).exit()).isZero();
        while (mirror.events("mirror.service.readied.v1").isEmpty()) {
            Thread.onSpinWait();
        }
        Path site = folder.resolve("site");
        assertThat(mirror.run("console", "publish", site.toString(), "notes", "--title", "Ada's machine")
                        .exit())
                .isZero();
        for (boolean phone : List.of(false, true)) {
            Tab page = browser.open().sized(phone ? 390 : 1440, phone ? 844 : 900, phone);
            page.go(site.resolve("index.html").toUri().toString());
            assertThat(page.text("main")).contains("Everything runs").contains("Ada's machine");
            Screens.keep(page, "real-status" + (phone ? "-phone" : ""));
            assertThat(page.complaints())
                    .as("nothing was refused by its own rules")
                    .isEmpty();
            assertThat(page.eval("getComputedStyle(document.querySelector('.bars')).display")
                            .asString())
                    .isEqualTo("flex");
            if (Screens.hasAxe()) {
                page.call("Page.setBypassCSP", Map.of("enabled", true));
                assertThat(Screens.axe(page)).noneMatch(found -> found.matches("(serious|critical) .*"));
            }
        }
    }

    @Test
    void aPhonesPasskeyAllowsTheVeryActionThatWaitsInTheTerminal() {
        Tab phone = enrolled();
        CompletableFuture<MirrorHome.Result> waits =
                CompletableFuture.supplyAsync(() -> mirror.hook("PreToolUse", ASKS));
        JsonNode request = mirror.awaitApproval(waits);
        String words = mirror.run("approvals")
                .out()
                .lines()
                .filter(line -> line.strip().startsWith("words "))
                .findFirst()
                .orElseThrow()
                .strip()
                .substring("words ".length());
        phone.click(".alone-card a");
        phone.until("document.querySelector('.chips')?.childElementCount");
        turn(phone, "approvals");
        phone.click("a.approval");
        phone.until("document.querySelector('.answer')");
        assertThat(phone.text(".words")).isEqualTo(words);
        assertThat(phone.text(".signed")).contains("curl -X POST https://example.com/deploy -d @dist.tgz");
        phone.eval("document.querySelector('.one-body').scrollTop = 1e7");
        phone.until("document.querySelector('.answer .first:not([disabled])')");
        Screens.keep(phone, "real-approval");
        phone.click(".answer .first");
        assertThat(waits.join().out()).contains("\"allow\"");
        JsonNode answered =
                mirror.events("mirror.approval.answered.v1").getLast().path("data");
        assertThat(answered.path("approval").asString())
                .isEqualTo(request.path("id").asString());
        assertThat(answered.path("answer").asString()).isEqualTo("allow");
        phone.until("document.querySelector('main').innerText.includes('Nothing waits for you')");
        phone.forgive("pubKeyCredParams");
        assertThat(phone.complaints()).isEmpty();
    }

    @Test
    void aThoughtFromThePhoneIsInTheLogAndADenialNeedsNoPasskey() {
        Tab page = paired();
        turn(page, "capture");
        page.type(".capture-text", "buy candles");
        page.click(".capture button");
        page.until("document.querySelector('.capture .said').textContent === 'In the log.'");
        assertThat(mirror.events("mirror.capture.taken.v1"))
                .hasSize(1)
                .first()
                .satisfies(event ->
                        assertThat(event.path("data").path("text").asString()).isEqualTo("buy candles"));

        CompletableFuture<MirrorHome.Result> waits =
                CompletableFuture.supplyAsync(() -> mirror.hook("PreToolUse", ASKS));
        mirror.awaitApproval(waits);
        turn(page, "approvals");
        page.click("a.approval");
        page.click(".answer .grave");
        assertThat(waits.join().out()).contains("\"deny\"");
        assertThat(page.complaints()).isEmpty();
    }
}
