package mirror.bench;

import static mirror.bench.Main.percentile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.trust.DeviceKey;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The console of a running Mirror in Chromium without a window, with a million events behind it, on the real disk. A frame counts as shown
 * when the next one begins. Chromium draws by the processor here, beside the daemon and what publishes.
 */
final class ConsoleBench {
    private static final int EVENTS = 1_000_000;
    /** Seconds. */
    private static final int FOLDED = 600;

    private static final int PLACES = 300;
    private static final int MANY = 1_000;
    private static final int OPENED = 15;
    private static final int YESES = 20;
    /** Each message is three events: what was decided, the use of the lease, the message. */
    private static final int PER_MESSAGE = 3;

    /** What happens while the question is answered. */
    private static final int STRAGGLERS = 100;

    private static final int RATE = 200;
    private static final int MESSAGES = 67;
    private static final int WARM = 5 * MESSAGES;
    private static final int TOLD = 30 * MESSAGES;
    private static final int LOOK_MS = 6_000;
    private static final int LIGHTS = 20;
    private static final Pattern ADDRESS = Pattern.compile("http://localhost:\\d+/console/#(pair|enrol)=\\S+");

    /** Frames a second that a page was given over a while, and the longest that one was waited for. */
    private static final String FRAMES = """
            new Promise((done) => {
              const times = [];
              const frame = (now) => {
                times.push(now);
                if (now - times[0] < %d) requestAnimationFrame(frame);
                else done(1000 * (times.length - 1) / (now - times[0]));
              };
              requestAnimationFrame(frame);
            })""".formatted(LOOK_MS);

    /**
     * Notes the messages that come and, when the timeline has taken a change in, the newest event that has a row; shown it is when the next
     * frame has been drawn, which the first message after the frame's callbacks tells. One that a later event pushed out of sight in the same frame counts as shown with that.
     */
    private static final String SHOWN = """
            import('/console/live.js').then(({ live }) => {
              const messages = window.messages = [];
              const frames = window.frames = [];
              live.addEventListener('change', ({ detail }) => {
                for (const event of detail.events) if (event.type === 'mirror.signal.published.v1') messages.push([event.seq, event.subject]);
                let newest = 0;
                for (const row of document.querySelectorAll('.event-row')) newest = Math.max(newest, row.line?.seq ?? 0);
                requestAnimationFrame(() => {
                  const drawn = new MessageChannel();
                  drawn.port1.onmessage = () => frames.push([newest, performance.timeOrigin + performance.now()]);
                  drawn.port2.postMessage(null);
                });
              });
            })""";

    private static final String MORE_PLACES = """
            import('/console/live.js').then(({ live }) => {
              for (let i = live.nodes.size; i < %d; i++) {
                const id = `service:more-${i}`;
                live.nodes.set(id, { id, kind: 'service', name: `more-${i}`, state: 'ok', note: '', parent: 'log', critical: false, waiting: 0, seq: 1 });
              }
              live.dispatchEvent(new CustomEvent('change', { detail: { events: [], nodes: true } }));
              return live.nodes.size;
            })""".formatted(MANY);

    private final Path files;
    private final Instance mirror;
    private final List<Row> rows = new ArrayList<>();

    private ConsoleBench(Path files, Instance mirror) {
        this.files = files;
        this.mirror = mirror;
    }

    /** @param files those of the pages */
    static List<Row> run(Path folder, Path files, Instance mirror) throws IOException, InterruptedException {
        ConsoleBench bench = new ConsoleBench(files, mirror);
        bench.fill();
        bench.size();
        try (Chromium browser = Chromium.start(Files.createDirectory(folder.resolve("profile")))) {
            Tab page = browser.open().sized(1440, 900, true);
            page.authenticator();
            page.go(bench.address("console", "--print"));
            page.click("page-pair button");
            page.until("document.querySelector('.chips')?.childElementCount");
            bench.opens(page);
            bench.tells(page);
            bench.draws(page);
            bench.resumes(page);
            bench.rows.add(
                    bar("complaints of the browser's console", page.complaints().size(), "complaints", 0));
        }
        return bench.rows;
    }

    private static Row bar(String name, double value, String unit, double most) {
        return new Row(
                name, value, unit, null, null, most == 0 ? "0" : "at most " + (long) most + " " + unit, value <= most);
    }

    /** As many events as an old log has: services that come and go, and what the gate decided in sessions. */
    private void fill() throws IOException, InterruptedException {
        String origin = status("origin");
        mirror.stop();
        Home home = new Home(mirror.home());
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        try (EventLog log = EventLog.open(home, origin, new DiskStorage(), InstantSource.system(), key)) {
            List<Draft> some = new ArrayList<>();
            for (int i = (int) log.durable(); i < EVENTS; i++) {
                some.add(event(i));
                if (some.size() == 2_000 || i == EVENTS - 1) {
                    log.append(some);
                    some.clear();
                }
            }
        }
        // All of it is folded for the first time, which can take longer than a start is waited for, and heard by
        // organisms.
        mirror.answer("boot");
        for (int seconds = 0; !isLevel(); seconds++) {
            if (seconds > FOLDED) {
                throw new IOException("Mirror does not come up with " + EVENTS + " events");
            }
            Thread.sleep(1_000);
        }
    }

    private boolean isLevel() throws InterruptedException {
        try {
            JsonNode organisms =
                    Json.MAPPER.readTree(mirror.output("organisms", "--json")).path("organisms");
            return organisms.valueStream().allMatch(each -> each.path("behind").asLong() < STRAGGLERS);
        } catch (IOException e) {
            return false;
        }
    }

    private static Draft event(int i) {
        if (i % 4 == 0) {
            return Draft.of(
                            "mirror.service.readied.v1",
                            "daemon",
                            Json.object().put("service", "service-" + i / 4 % PLACES))
                    .subject("service-" + i / 4 % PLACES);
        }
        ObjectNode data = Json.object()
                .put("verdict", "allow")
                .put("rule", "reads")
                .put("reason", "reads within the project")
                .put("tool", "Bash")
                .put("digest", "%064x".formatted(i))
                .put("cwd", "/home/ada/project")
                .put("project", "/home/ada/project")
                .put("risk", "local-reversible")
                .put("policy", "bench");
        data.set("input", Json.object().put("command", "grep -rn 'TODO " + i + "' src | head"));
        data.putArray("effects").add("read /home/ada/project/src");
        return Draft.of("mirror.action.decided.v1", "claude-code", data)
                .subject("t" + i)
                .session("session-" + i / 20_000);
    }

    private void size() throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(this.files)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                ByteArrayOutputStream packed = new ByteArrayOutputStream();
                try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                    Files.copy(file, gzip);
                }
                bytes += packed.size();
            }
        }
        rows.add(bar("the whole console, gzip", bytes / 1024.0, "KB", 150));
    }

    private String status(String what) throws IOException, InterruptedException {
        return Json.MAPPER
                .readTree(mirror.output("status", "--json"))
                .path(what)
                .asString();
    }

    private String address(String... command) throws IOException, InterruptedException {
        Matcher found = ADDRESS.matcher(mirror.output(command));
        if (!found.find()) {
            throw new IOException("no address from: mirror " + String.join(" ", command));
        }
        return found.group();
    }

    /** From the start of the navigation, with the shell from the disk of the browser or not, as a person finds it. */
    private void opens(Tab page) {
        double[] paints = new double[OPENED];
        double[] stands = new double[OPENED];
        String address = page.eval("location.origin + '/console/'").asString();
        for (int i = 0; i < OPENED; i++) {
            page.go(address + "#/map");
            page.until(
                    "document.querySelector('.chips')?.childElementCount && performance.getEntriesByName('first-contentful-paint').length");
            stands[i] = page.eval("performance.now()").asDouble();
            paints[i] = page.eval("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                    .asDouble();
        }
        rows.add(bar(
                "first paint with a million events behind it, median of " + OPENED, percentile(paints, 50), "ms", 500));
        rows.add(bar("the same, worst", percentile(paints, 100), "ms", 500));
        rows.add(new Row(
                "until the map stands, median of " + OPENED, percentile(stands, 50), "ms", null, null, "", true));
    }

    /** How long after a message is about to be published its row is on the screen. */
    private void tells(Tab page) throws IOException, InterruptedException {
        page.eval("location.hash = '#/timeline'");
        page.until("document.querySelector('.event-row')");
        page.eval(SHOWN);
        long start = System.nanoTime();
        double[] published = new double[WARM + TOLD];
        List<CompletableFuture<String>> messages = new ArrayList<>();
        JsonNode shown;
        double rate;
        try (Paced paced = new Paced(MESSAGES)) {
            for (int i = 0; i < published.length; i++) {
                paced.await();
                published[i] = millis();
                messages.add(paced.publish());
            }
            CompletableFuture.allOf(messages.toArray(CompletableFuture[]::new)).join();
            rate = PER_MESSAGE * published.length / ((System.nanoTime() - start) / 1e9);
            page.until("window.messages.length >= " + published.length
                    + " && window.frames.at(-1)?.[0] >= window.messages.at(-1)[0]");
            shown = page.eval("Object.fromEntries(window.messages.map(([seq, id]) =>"
                    + " [id, window.frames.find(([newest]) => newest >= seq)[1]]))");
        }
        double[] late = new double[TOLD];
        for (int i = 0; i < TOLD; i++) {
            late[i] = shown.get(messages.get(WARM + i).join()).asDouble() - published[WARM + i];
        }
        rows.add(new Row("events a second while it follows", rate, "events/s", null, null, "", rate > RATE * 0.98));
        rows.add(new Row("event to screen, p50 of " + TOLD, percentile(late, 50), "ms", null, null, "", true));
        rows.add(bar("event to screen, p99 of " + TOLD, percentile(late, 99), "ms", 100));
    }

    /** Milliseconds of the epoch, as the browser counts them. */
    private static double millis() {
        Instant now = InstantSource.system().instant();
        return now.getEpochSecond() * 1e3 + now.getNano() / 1e6;
    }

    /** Messages at an even pace. */
    private final class Paced implements AutoCloseable {
        private final HttpClient http = HttpClient.newHttpClient();
        private final HttpRequest message;
        private final int rate;
        private final long start = System.nanoTime();
        private int sent;

        Paced(int rate) throws IOException, InterruptedException {
            this.rate = rate;
            String granted = mirror.output(
                    "lease", "grant", "--to", "bench", "--effects", "publish:topic/bench", "--token", "-", "--yes");
            String token = granted.lines()
                    .filter(line -> line.startsWith("mlt1."))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no token: " + granted));
            this.message = HttpRequest.newBuilder(URI.create(status("signal") + "/bench"))
                    .header("Authorization", "Bearer " + token)
                    .POST(HttpRequest.BodyPublishers.ofString("a message"))
                    .build();
        }

        /** Returns when the next one is due. */
        void await() {
            long due = start + sent++ * 1_000_000_000L / rate;
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }

        /** Sends one, also when the one before is still under way. @return its id, when it is taken */
        CompletableFuture<String> publish() {
            return http.sendAsync(message, HttpResponse.BodyHandlers.ofString()).thenApply(answer -> {
                if (answer.statusCode() != 200) {
                    throw new IllegalStateException("not published: " + answer.body());
                }
                return Json.MAPPER.readTree(answer.body()).path("id").asString();
            });
        }

        @Override
        public void close() {
            http.close();
        }
    }

    /** Frames a second of the map while events light it up. */
    private void draws(Tab page) throws IOException, InterruptedException {
        page.eval("location.hash = '#/map'");
        page.until("document.querySelector('canvas')");
        page.until("!document.querySelector('main').innerText.includes('Loading')");
        double few = lit(page);
        int places = page.eval("import('/console/live.js').then(({ live }) => live.nodes.size)")
                .asInt();
        rows.add(new Row(
                "the map of " + places + " places, lit by " + LIGHTS + " events/s",
                few,
                "frames/s",
                null,
                null,
                "at least 55 frames/s at 300",
                few >= 55 && places >= PLACES));
        page.eval(MORE_PLACES);
        rows.add(new Row("the map of " + MANY + " places, the same", lit(page), "frames/s", null, null, "", true));
    }

    /** Frames a second while the messages of another thread light up the map. */
    private double lit(Tab page) throws IOException, InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        try (Paced paced = new Paced(LIGHTS)) {
            FutureTask<Void> publishing = new FutureTask<>(() -> {
                while (!over.get()) {
                    paced.await();
                    paced.publish().get();
                }
                return null;
            });
            Thread.ofVirtual().start(publishing);
            try {
                return page.eval(FRAMES).asDouble();
            } finally {
                over.set(true);
                publishing.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(e);
        }
    }

    /** From the tap on 'Allow', with the passkey's check, to when the client's hook has ended with the yes. */
    private void resumes(Tab page) throws IOException, InterruptedException {
        mirror.output("connect", "claude", "--yes");
        page.go(address("device", "invite", "bench"));
        page.click("page-enrol button");
        page.until("document.querySelector('.fingerprint')");
        mirror.output("device", "confirm", "bench", "--yes");
        page.go(page.eval("location.origin + '/console/'").asString() + "#/approvals");
        page.until("document.querySelector('main > page-approvals')");
        double[] times = new double[YESES];
        for (int i = 0; i < YESES; i++) {
            Process hook = hook(i);
            page.until("document.querySelector('a.approval')");
            page.click("a.approval");
            page.until("document.querySelector('.answer')");
            page.eval("document.querySelector('.one-body').scrollTop = 1e7");
            page.until("document.querySelector('.answer .first:not([disabled])')");
            long start = System.nanoTime();
            page.eval("document.querySelector('.answer .first').click()");
            String said = new String(hook.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            hook.waitFor();
            times[i] = (System.nanoTime() - start) / 1e6;
            if (!said.contains("\"allow\"")) {
                throw new IOException("the hook said: " + said);
            }
            page.until("document.querySelector('main').innerText.includes('Nothing waits for you')");
        }
        page.forgive("pubKeyCredParams");
        rows.add(bar("tap to resumed action, median of " + YESES, percentile(times, 50), "ms", 300));
        rows.add(bar("the same, worst", percentile(times, 100), "ms", 300));
    }

    /** A client that wants to do what has to be asked for. */
    private Process hook(int i) throws IOException {
        String call = Json.MAPPER.writeValueAsString(Json.object()
                .put("session_id", "bench")
                .put("cwd", mirror.project().toString())
                .put("hook_event_name", "PreToolUse")
                .put("tool_name", "Bash")
                .put("tool_use_id", "t" + i)
                .set(
                        "tool_input",
                        Json.object()
                                .put("command", "curl -X POST https://example.com/deploy/" + i + " -d @dist.tgz")));
        Process hook =
                mirror.start(List.of(mirror.home().resolve("hooks/claude").toString(), "PreToolUse"));
        try (OutputStream in = hook.getOutputStream()) {
            in.write(call.getBytes(StandardCharsets.UTF_8));
        }
        return hook;
    }
}
