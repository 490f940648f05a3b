package mirror.surface.console;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Pattern;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.PhoneApi;
import mirror.surface.State;
import mirror.surface.cli.Commands;
import mirror.surface.mcp.LoopbackGuard;
import mirror.trust.Approvals;
import mirror.trust.Invitations;
import mirror.trust.Passkeys;
import mirror.trust.Switch;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the console's pages speak, on the TCP port below {@code /console/}. The pages themselves are for everybody; every other answer needs a
 * browser that the owner paired, both of its secrets ({@link ConsoleSessions}), and a page of this very origin: names other than those
 * that lead here, foreign origins and cross-site requests are refused before anything is looked at. What allows an action needs a passkey
 * besides ({@link Passkeys}); what refuses one does not. Errors are {@code {"error": one sentence}}. Thread-safe.
 */
public final class ConsoleApi implements HttpService {
    static final HeaderName KEY = HeaderNames.create("x-mirror-console");

    private static final HeaderName LAST_EVENT = HeaderNames.create("last-event-id");
    private static final HeaderName FETCH_SITE = HeaderNames.create("sec-fetch-site");
    private static final HeaderName FETCH_MODE = HeaderNames.create("sec-fetch-mode");

    /** One policy of trusted types: a browser starts no worker, not even the page's own, without. */
    private static final String CSP =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                    + " require-trusted-types-for 'script'; trusted-types mirror-worker";

    private static final List<Header> HEADERS = List.of(
            HeaderValues.createCached("content-security-policy", CSP),
            HeaderValues.createCached("x-content-type-options", "nosniff"),
            HeaderValues.createCached("referrer-policy", "no-referrer"),
            HeaderValues.createCached("cross-origin-opener-policy", "same-origin"),
            HeaderValues.createCached("cross-origin-resource-policy", "same-origin"),
            HeaderValues.createCached(
                    "permissions-policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)"));

    private static final Duration KEEPALIVE = Duration.ofSeconds(15);
    private static final int STREAMS = 64;
    private static final int MAX_BODY = 256 * 1024;
    private static final int MAX_NOTE = 2 * 1024 * 1024;
    private static final int MOST_EVENTS = 500;
    private static final int MOST_PLACES = 5_000;
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[.*]");

    private final Core core;
    private final LoopbackGuard guard;
    private final ConsoleFiles files = new ConsoleFiles();
    private final ConsoleViews views;
    private final ConsoleEvents events;
    private final Past<Mesh> pictures;
    private final Past<State> states;
    private final AtomicReference<Instant> then = new AtomicReference<>(Instant.EPOCH);
    private final Semaphore streams = new Semaphore(STREAMS);

    /** @param fresh the state before the first event, with what tells it the time */
    public ConsoleApi(Core core, Commands commands, Path user, Function<InstantSource, State> fresh) {
        this.core = core;
        this.guard = LoopbackGuard.alsoAt(core.config().phoneUrl());
        this.views = new ConsoleViews(commands, user);
        this.events = new ConsoleEvents(core.projector().log(), core.state().mesh());
        this.pictures = new Past<>(core.projector().log(), Mesh::new, List::of);
        this.states = new Past<>(core.projector().log(), () -> fresh.apply(then::get), State::projections);
    }

    @Override
    public void routing(HttpRules rules) {
        rules.get("/api/me", (request, response) -> answer(request, response, this::me))
                .post("/api/pair", (request, response) -> open(request, response, asked -> pair(asked, response)))
                .post("/api/leave", (request, response) -> answer(request, response, this::leave))
                .get("/api/stream", this::stream)
                .put("/api/layout", (request, response) -> answer(request, response, this::layout))
                .get("/api/map", (request, response) -> answer(request, response, this::map))
                .get("/api/events", (request, response) -> answer(request, response, this::events))
                .get("/api/events/{id}", (request, response) -> answer(request, response, this::event))
                .get("/api/view/{name}", (request, response) -> answer(request, response, this::view))
                .get("/api/note", (request, response) -> answer(request, response, this::note))
                .post("/api/capture", (request, response) -> answer(request, response, this::capture))
                .get(
                        "/api/approvals",
                        (request, response) ->
                                answer(request, response, _ -> Json.object().set("approvals", approvals())))
                .post("/api/approvals/{id}/allow", (request, response) -> answer(request, response, this::allow))
                .post("/api/approvals/{id}/deny", (request, response) -> answer(request, response, this::deny))
                .get("/api/passkeys", (request, response) -> answer(request, response, this::passkeys))
                .post("/api/passkeys/begin", (request, response) -> answer(request, response, this::begin))
                .post("/api/passkeys", (request, response) -> answer(request, response, this::enroll))
                .delete("/api/passkeys/{id}", (request, response) -> answer(request, response, this::revoke))
                .get("/", (request, response) -> file("index.html", request, response))
                .get(
                        "/{file}",
                        (request, response) ->
                                file(request.path().pathParameters().get("file"), request, response));
    }

    // ---- who may ask

    /** One call of a page. */
    private record Asked(ServerRequest request, ConsoleSessions.@Nullable Session session, JsonNode body) {
        String query(String name) {
            return request.query().first(name).orElse("");
        }

        String path(String name) {
            return request.path().pathParameters().get(name);
        }

        ConsoleSessions.Session browser() {
            if (session == null) {
                throw new IllegalStateException("this is answered to a paired browser alone");
            }
            return session;
        }
    }

    private interface Work {
        JsonNode of(Asked asked) throws IOException, InterruptedException;
    }

    /** A refusal with a status of its own. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(Status status, String why) {
            super(why);
            this.status = status.code();
        }
    }

    private void file(String name, ServerRequest request, ServerResponse response) throws IOException {
        if (!isHere(request, response)) {
            return;
        }
        files.send(name, request, response);
    }

    /** Whether the request is for this server by one of its names, and of no other site. */
    private boolean isHere(ServerRequest request, ServerResponse response) {
        HEADERS.forEach(response::header);
        String site = request.headers().first(FETCH_SITE).orElse("none");
        boolean document = request.headers().first(FETCH_MODE).orElse("").equals("navigate");
        Optional<String> why = guard.check(request)
                .map(LoopbackGuard.Refusal::message)
                .or(() -> List.of("none", "same-origin").contains(site) || document
                        ? Optional.empty()
                        : Optional.of("another site asks"));
        why.ifPresent(reason -> refuse(response, Status.FORBIDDEN_403.code(), reason));
        return why.isEmpty();
    }

    private static void refuse(ServerResponse response, int status, String why) {
        response.status(status)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .header(HeaderNames.CACHE_CONTROL, "no-store")
                .send(Json.MAPPER.writeValueAsBytes(Json.object().put("error", why)));
    }

    private void answer(ServerRequest request, ServerResponse response, Work work) throws InterruptedException {
        if (!isHere(request, response)) {
            return;
        }
        ConsoleSessions.Session session = session(request).orElse(null);
        if (session == null) {
            refuse(
                    response,
                    Status.UNAUTHORIZED_401.code(),
                    "this browser is not paired; run 'mirror console' on the computer");
            return;
        }
        work(request, response, session, work);
    }

    private void open(ServerRequest request, ServerResponse response, Work work) throws InterruptedException {
        if (isHere(request, response)) {
            work(request, response, null, work);
        }
    }

    private void work(
            ServerRequest request, ServerResponse response, ConsoleSessions.@Nullable Session session, Work work)
            throws InterruptedException {
        try {
            JsonNode answer = work.of(new Asked(request, session, body(request)));
            response.header(HeaderNames.CONTENT_TYPE, "application/json")
                    .header(HeaderNames.CACHE_CONTROL, "no-store")
                    .send(Json.MAPPER.writeValueAsBytes(answer));
        } catch (Refused e) {
            refuse(response, e.status, String.valueOf(e.getMessage()));
        } catch (TrustException | BusException e) {
            refuse(response, Status.FORBIDDEN_403.code(), String.valueOf(e.getMessage()));
        } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
            refuse(response, Status.BAD_REQUEST_400.code(), "the request does not have the form of one");
        } catch (IOException e) {
            refuse(response, Status.INTERNAL_SERVER_ERROR_500.code(), String.valueOf(e.getMessage()));
        }
    }

    private static JsonNode body(ServerRequest request) throws IOException {
        if (!request.content().hasEntity()) {
            return Json.object();
        }
        try (var in = request.content().inputStream()) {
            byte[] bytes = in.readNBytes(MAX_BODY + 1);
            if (bytes.length > MAX_BODY) {
                throw new Refused(
                        Status.REQUEST_ENTITY_TOO_LARGE_413, "the request is longer than " + MAX_BODY + " bytes");
            }
            return bytes.length == 0 ? Json.object() : Json.MAPPER.readTree(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private String cookieName() {
        // Browsers give a cookie to every port of a host, so two Mirrors need two names.
        return "mirror-console-" + core.port().getAsInt();
    }

    private Optional<ConsoleSessions.Session> session(ServerRequest request) {
        String cookie = request.headers().cookies().first(cookieName()).orElse(null);
        return core.state().consoles().of(cookie, request.headers().first(KEY).orElse(null));
    }

    /** Origin of the page that asks: {@link #isHere} has seen that this is one of the names of this server. */
    private URI page(ServerRequest request) {
        URI phone = core.config().phoneUrl();
        String host = request.headers().first(HeaderNames.HOST).orElse("");
        return phone != null && host.equalsIgnoreCase(phone.getRawAuthority())
                ? phone
                : URI.create("http://" + host.toLowerCase(java.util.Locale.ROOT));
    }

    // ---- in and out

    private JsonNode pair(Asked asked, ServerResponse response) {
        String code = asked.body.path("code").asString("");
        if (!core.pairings().take(code)) {
            // The code that a device is enrolled with lets its browser in, too.
            core.invitations().check(code);
        }
        String name = asked.body.path("name").asString("a browser");
        ConsoleSessions.Secrets secrets = core.state().consoles().pair(name.substring(0, Math.min(name.length(), 80)));
        core.projector().record(secrets.draft());
        String cookie = cookieName() + "=" + secrets.cookie() + "; Path=/console; HttpOnly; SameSite=Strict; Max-Age="
                + ConsoleSessions.LIFETIME.toSeconds();
        response.header(
                HeaderNames.SET_COOKIE, page(asked.request).getScheme().equals("https") ? cookie + "; Secure" : cookie);
        return Json.object()
                .put("key", secrets.key())
                .put("expires", secrets.expires().toString());
    }

    private JsonNode leave(Asked asked) {
        core.projector().record(core.state().consoles().leave(asked.browser().id()));
        return Json.object();
    }

    private JsonNode me(Asked asked) {
        ConsoleSessions.Session session = asked.browser();
        String host = page(asked.request).getHost();
        boolean name = host != null && !ADDRESS.matcher(host).matches();
        ObjectNode json = Json.object()
                .put("device", core.origin())
                .put("version", Core.VERSION)
                .put("kill", new Switch(core.home().kill()).isOn())
                .put("away", core.state().presence().isAway())
                .put("now", core.clock().instant().toString());
        json.putObject("session")
                .put("id", session.id())
                .put("name", session.name())
                .put("since", session.since().toString());
        json.putObject("webauthn")
                .put("possible", name)
                .put(
                        "why",
                        name
                                ? ""
                                : "passkeys need a name; open the console at http://localhost:"
                                        + core.port().getAsInt());
        return json;
    }

    // ---- what is shown

    private void stream(ServerRequest request, ServerResponse response) {
        if (!isHere(request, response)) {
            return;
        }
        ConsoleSessions.Session session = session(request).orElse(null);
        if (session == null) {
            refuse(response, Status.UNAUTHORIZED_401.code(), "this browser is not paired");
            return;
        }
        if (!streams.tryAcquire()) {
            refuse(response, Status.TOO_MANY_REQUESTS_429.code(), STREAMS + " pages are open already");
            return;
        }
        try {
            String last = request.headers().first(LAST_EVENT).orElse("");
            response.header(HeaderNames.CONTENT_TYPE, "text/event-stream")
                    .header(HeaderNames.CACHE_CONTROL, "no-store");
            try (OutputStream out = response.outputStream()) {
                new ConsoleStream(
                                core.projector(), core.state().mesh(), events, this::approvals, this::places, KEEPALIVE)
                        .run(
                                out,
                                last.matches("[0-9]{1,18}") ? Long.parseLong(last) : 0,
                                () -> core.state().consoles().list().contains(session));
            }
        } catch (IOException | UncheckedIOException | ServerConnectionException e) {
            throw new CloseConnectionException("the page is gone", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("the daemon ends", e);
        } finally {
            streams.release();
        }
    }

    private Path layoutFile() {
        return core.home().root().resolve("console.json");
    }

    private JsonNode places() {
        try {
            Path file = layoutFile();
            return Files.isRegularFile(file) && Files.size(file) < MAX_BODY
                    ? Json.MAPPER.readTree(Files.readString(file))
                    : Json.object();
        } catch (IOException | JacksonException e) {
            // Where things are drawn; without it they are where they were at first.
            return Json.object();
        }
    }

    private synchronized JsonNode layout(Asked asked) throws IOException {
        ObjectNode all = places() instanceof ObjectNode known ? known : Json.object();
        asked.body.properties().forEach(place -> {
            JsonNode at = place.getValue();
            if (!at.path(0).isNumber() || !at.path(1).isNumber() || at.size() != 2) {
                throw new IllegalArgumentException("a place is two numbers");
            }
            all.set(place.getKey(), at);
        });
        if (all.size() > MOST_PLACES) {
            throw new Refused(Status.BAD_REQUEST_400, "more than " + MOST_PLACES + " places");
        }
        core.files().write(FileWrite.bare(layoutFile(), Json.MAPPER.writeValueAsString(all)));
        return Json.object();
    }

    private JsonNode map(Asked asked) {
        String at = asked.query("at");
        long seq = at.isEmpty()
                ? Past.before(core.projector().log(), Instant.parse(asked.query("time")))
                : Long.parseLong(at);
        Mesh mesh = pictures.at(seq);
        ObjectNode json = Json.object().put("seq", mesh.seq());
        core.projector().log().read(Math.max(1, mesh.seq()), 1).stream()
                .findFirst()
                .ifPresent(event -> json.put("time", event.time().toString()));
        ObjectNode map = mesh.picture();
        map.set("layout", places());
        json.set("map", map);
        return json;
    }

    private JsonNode events(Asked asked) {
        return events.list(new ConsoleEvents.Wanted(
                asked.query("before").isEmpty() ? Long.MAX_VALUE : Long.parseLong(asked.query("before")),
                asked.query("limit").isEmpty()
                        ? 200
                        : Math.clamp(Integer.parseInt(asked.query("limit")), 1, MOST_EVENTS),
                asked.query("type"),
                asked.query("subject"),
                asked.query("session"),
                asked.query("q"),
                time(asked.query("from")),
                time(asked.query("to"))));
    }

    private static @Nullable Instant time(String text) {
        return text.isEmpty() ? null : Instant.parse(text);
    }

    private JsonNode event(Asked asked) {
        String id = asked.path("id");
        String digits = id.substring(id.lastIndexOf('-') + 1);
        ObjectNode event = digits.matches("[0-9]{1,18}") ? events.whole(Long.parseLong(digits)) : null;
        if (event == null) {
            throw new Refused(Status.NOT_FOUND_404, "there is no such event");
        }
        return event;
    }

    private JsonNode view(Asked asked) throws InterruptedException {
        String name = asked.path("name");
        List<String> args = asked.request.query().all("a", List::of);
        if (!ConsoleViews.mayLook(name, args)) {
            throw new Refused(Status.FORBIDDEN_403, "the console does not show '" + name + "' with these words");
        }
        Instant time = time(asked.query("time"));
        if (time == null) {
            return views.look(core, name, args);
        }
        if (!ConsoleViews.isOfThen(name)) {
            return views.look(core, name, args).put("now", true);
        }
        synchronized (states) {
            then.set(time);
            State state = states.at(Past.before(core.projector().log(), time));
            return views.look(core.asOf(state, then::get), name, args);
        }
    }

    private JsonNode note(Asked asked) throws IOException, InterruptedException {
        String path = asked.query("path");
        Path root = core.notes().root().toRealPath();
        Path file = root.resolve(path).normalize();
        if (path.isEmpty()
                || path.indexOf('\0') >= 0
                || !file.startsWith(root)
                || !file.toString().endsWith(".md")
                || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                || !file.toRealPath().startsWith(root)) {
            throw new Refused(Status.NOT_FOUND_404, "there is no such note");
        }
        if (Files.size(file) > MAX_NOTE) {
            throw new Refused(Status.NOT_FOUND_404, "this note is too long to be shown");
        }
        byte[] bytes = Files.readAllBytes(file);
        ObjectNode json = Json.object()
                .put("path", path)
                .put("text", new String(bytes, StandardCharsets.UTF_8))
                .put("digest", AtomicFiles.digest(bytes));
        json.set("links", views.look(core, "vault", List.of("links", path)).path("data"));
        json.set(
                "backlinks",
                views.look(core, "vault", List.of("backlinks", path)).path("data"));
        return json;
    }

    private JsonNode capture(Asked asked) {
        String id = asked.body.path("id").asString("");
        Captures captures = core.state().captures();
        // Between the look and the record nobody else may send the same.
        synchronized (core.projector()) {
            OptionalLong known = captures.known(id);
            long seq = known.isPresent()
                    ? known.getAsLong()
                    : core.projector()
                            .record(Captures.draft(
                                    id,
                                    asked.body.path("text").asString(""),
                                    asked.body.path("time").asString(""),
                                    asked.browser().name()))
                            .seq();
            return Json.object().put("seq", seq);
        }
    }

    // ---- approvals

    private ArrayNode approvals() {
        ArrayNode all = Json.array();
        for (Approvals.Request request : core.state().approvals().list()) {
            if (request.status() != Approvals.Status.PENDING) {
                continue;
            }
            ObjectNode json = all.addObject();
            request.writeTo(json);
            Passkeys.Envelope envelope = core.state()
                    .passkeys()
                    .envelope(core.state().approvals(), request.id())
                    .orElse(null);
            json.put("asked", request.requested().toString())
                    .put("code", FourWords.of(request.digest()))
                    .put("envelope", envelope == null ? "" : envelope.text())
                    .put("until", envelope == null ? "" : envelope.until().toString());
            if (envelope == null) {
                json.put("why", "only an earlier run of Mirror knew all of it; answer it in the terminal");
            }
            var scopes = json.putArray("scopes").add(Passkeys.Scope.ONCE.text());
            if (core.state()
                    .leases()
                    .offer(request)
                    .filter(offer -> offer.refusal().isEmpty())
                    .isPresent()) {
                scopes.add(Passkeys.Scope.SESSION.text());
            }
        }
        return all;
    }

    private JsonNode allow(Asked asked) {
        JsonNode given = asked.body.path("assertion");
        Approvals approvals = core.state().approvals();
        synchronized (core.projector()) {
            Passkeys.Yes yes = core.state()
                    .passkeys()
                    .allowed(
                            page(asked.request),
                            asked.path("id"),
                            new Passkeys.Assertion(
                                    given.path("id").asString(""),
                                    given.path("clientDataJSON").asString(""),
                                    given.path("authenticatorData").asString(""),
                                    given.path("signature").asString("")),
                            approvals);
            yes.draft().data().put("console", asked.browser().id());
            List<Draft> drafts = yes.scope() == Passkeys.Scope.SESSION
                    ? List.of(yes.draft(), core.state().leases().grantForSession(yes.request()))
                    : List.of(yes.draft());
            core.projector().record(drafts);
        }
        return answered(asked.path("id"));
    }

    private JsonNode answered(String id) {
        Approvals.Request request = core.state().approvals().get(id).orElseThrow();
        if (request.status() == Approvals.Status.ALLOWED && core.services() != null) {
            core.services().retry();
        }
        ObjectNode json = Json.object();
        request.writeTo(json);
        return json;
    }

    private JsonNode deny(Asked asked) {
        Approvals approvals = core.state().approvals();
        synchronized (core.projector()) {
            Draft draft = approvals.answer(
                    asked.path("id"), false, "console:" + asked.browser().id());
            core.projector().record(draft);
        }
        return answered(asked.path("id"));
    }

    // ---- passkeys

    private JsonNode passkeys(Asked asked) {
        String rp = String.valueOf(page(asked.request).getHost());
        ObjectNode json = Json.object().put("rp", rp).put("user", user());
        ArrayNode list = json.putArray("list");
        for (Passkeys.Passkey each : core.state().passkeys().of(rp)) {
            list.addObject()
                    .put("id", each.id())
                    .put("name", each.name())
                    .put("device", each.name())
                    .put("since", each.enrolled().toString());
        }
        return json;
    }

    /** The owner as authenticators know them: the same for all passkeys of this home, and nothing about the person. */
    private String user() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(core.origin().getBytes(StandardCharsets.UTF_8));
    }

    private JsonNode begin(Asked asked) {
        String code = asked.body.path("code").asString("");
        Invitations.Invitation invitation = core.invitations().check(code);
        String rp = String.valueOf(page(asked.request).getHost());
        ObjectNode json = Json.object()
                .put("challenge", core.state().passkeys().begin(code))
                .put("attestation", "none")
                .put("timeout", 60_000);
        json.putObject("rp").put("id", rp).put("name", "Mirror");
        json.putObject("user")
                .put("id", user())
                .put("name", invitation.device())
                .put("displayName", "Mirror on " + core.origin());
        ArrayNode kinds = json.putArray("pubKeyCredParams");
        Passkeys.ALGORITHMS.forEach(
                algorithm -> kinds.addObject().put("type", "public-key").put("alg", algorithm));
        json.putObject("authenticatorSelection")
                .put("userVerification", "required")
                .put("residentKey", "preferred");
        ArrayNode known = json.putArray("excludeCredentials");
        core.state()
                .passkeys()
                .of(rp)
                .forEach(each -> known.addObject().put("type", "public-key").put("id", each.id()));
        return json;
    }

    private JsonNode enroll(Asked asked) {
        JsonNode body = asked.body;
        String code = body.path("code").asString("");
        core.invitations().check(code);
        Invitations.Candidate candidate = core.state()
                .passkeys()
                .attested(
                        page(asked.request),
                        code,
                        new Passkeys.Attested(
                                body.path("id").asString(""),
                                body.path("clientDataJSON").asString(""),
                                body.path("authenticatorData").asString(""),
                                body.path("publicKey").asString(""),
                                body.path("algorithm").asInt(0)));
        return PhoneApi.accepted(core.invitations().accept(code, candidate));
    }

    private JsonNode revoke(Asked asked) {
        core.projector().record(core.state().passkeys().revoke(asked.path("id")));
        return Json.object();
    }
}
