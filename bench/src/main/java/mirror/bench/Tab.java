package mirror.bench;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A page in {@link Chromium}; all that its console says is kept. */
public final class Tab {
    /** How long a page may take for what a test waits for. */
    private static final int PATIENCE_MS = 20_000;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Chromium browser;
    private final String target;
    private final String session;
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    Tab(Chromium browser, String target, String session) {
        this.browser = browser;
        this.target = target;
        this.session = session;
    }

    String target() {
        return target;
    }

    void enable() {
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
        // Several pages are open, and each is to think that it is the one that is looked at.
        call("Emulation.setFocusEmulationEnabled", Map.of("enabled", true));
    }

    public JsonNode call(String method, Map<String, ?> parameters) {
        return browser.call(session, method, parameters);
    }

    void hear(String event, JsonNode what) {
        switch (event) {
            case "Runtime.exceptionThrown" ->
                complaints.add(what.path("exceptionDetails")
                        .path("exception")
                        .path("description")
                        .asString("exception"));
            case "Runtime.consoleAPICalled" -> {
                if (List.of("error", "assert", "warning")
                        .contains(what.path("type").asString())) {
                    complaints.add("console: " + what.path("args"));
                }
            }
            case "Log.entryAdded" -> {
                if (what.path("entry").path("level").asString().equals("error")) {
                    complaints.add(what.path("entry").path("text").asString() + " "
                            + what.path("entry").path("url").asString(""));
                }
            }
            default -> {}
        }
    }

    /** What the browser's console had to complain of; the list is emptied. */
    public List<String> complaints() {
        List<String> all = List.copyOf(complaints);
        complaints.clear();
        return all;
    }

    /** Takes back complaints that the test provoked itself. */
    public void forgive(String expression) {
        complaints.removeIf(Pattern.compile(expression).asPredicate());
    }

    /** A window of this size in CSS pixels; a narrow one is a phone with a finger. */
    public Tab sized(int width, int height, boolean dark) {
        boolean phone = width < 900;
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", phone ? 2 : 1, "mobile", phone));
        call("Emulation.setTouchEmulationEnabled", Map.of("enabled", phone));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
        return this;
    }

    /** Runs before each document of this page. */
    public void before(String script) {
        call("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
    }

    /** Opens an address as a new document, also when only the fragment differs. */
    public void go(String address) {
        call("Page.navigate", Map.of("url", "about:blank"));
        call("Page.navigate", Map.of("url", address));
        until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /** The value of an expression, awaited. */
    public JsonNode eval(String expression) {
        JsonNode answer = call(
                "Runtime.evaluate",
                Map.of("expression", expression, "awaitPromise", true, "returnByValue", true, "userGesture", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": "
                    + answer.path("exceptionDetails").path("exception").path("description"));
        }
        return answer.path("result").path("value");
    }

    public String text(String selector) {
        return eval("document.querySelector(" + quoted(selector) + ")?.textContent ?? ''")
                .asString("");
    }

    public void click(String selector) {
        until("document.querySelector(" + quoted(selector) + ")");
        eval("document.querySelector(" + quoted(selector) + ").click()");
    }

    /** Types into a field as a person does. */
    public void type(String selector, String text) {
        until("document.querySelector(" + quoted(selector) + ")");
        eval("document.querySelector(" + quoted(selector) + ").focus()");
        call("Input.insertText", Map.of("text", text));
        until("document.querySelector(" + quoted(selector) + ").value.includes(" + quoted(text) + ")");
    }

    /** Waits until an expression is true; the page itself looks again and again. */
    public void until(String condition) {
        String expression = """
                new Promise((done) => {
                  const end = performance.now() + %d;
                  const look = () => {
                    let is = false;
                    try { is = Boolean(%s); } catch { /* not yet */ }
                    if (is || performance.now() > end) done(is);
                    else setTimeout(look, 15);
                  };
                  look();
                })""".formatted(PATIENCE_MS, condition);
        for (int tries = 0; ; tries++) {
            try {
                if (eval(expression).asBoolean(false)) {
                    return;
                }
                throw new AssertionError(condition + " did not come true in:\n"
                        + eval("document.body.innerText.slice(0, 2000)") + "\nconsole: " + complaints);
            } catch (AssertionError e) {
                // A new document came in between; the condition is asked of that one.
                if (tries > 5 || !String.valueOf(e.getMessage()).matches("(?s).*(context|navigated).*")) {
                    throw e;
                }
            }
        }
    }

    public byte[] screenshot() {
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", Map.of("format", "png"))
                        .path("data")
                        .asString());
    }

    /** A phone's own authenticator, whose owner shows a finger whenever asked. */
    public String authenticator() {
        call("WebAuthn.enable", Map.of());
        return call(
                        "WebAuthn.addVirtualAuthenticator",
                        Map.of(
                                "options",
                                Map.of(
                                        "protocol",
                                        "ctap2",
                                        "transport",
                                        "internal",
                                        "hasResidentKey",
                                        true,
                                        "hasUserVerification",
                                        true,
                                        "isUserVerified",
                                        true,
                                        "automaticPresenceSimulation",
                                        true)))
                .path("authenticatorId")
                .asString();
    }

    public void offline(boolean is) {
        call(
                "Network.emulateNetworkConditions",
                Map.of("offline", is, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
    }

    public static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }
}
