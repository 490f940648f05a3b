package mirror.surface.signal;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import mirror.bus.BlobRef;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projector;
import mirror.surface.signal.SignalLedger.Delivery;
import mirror.surface.signal.SignalLedger.Entry;
import mirror.trust.Gate;
import mirror.trust.Leases;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Messages: taken in, kept for those who subscribe, released when they are due, sent on where routes lead, and forgotten.
 *
 * <p>A message is acknowledged once its content is in the blob store and its event in the log, both flushed. Subscribers read the fold and
 * never a queue of their own, so a slow one holds nothing up and loses nothing, and a restart is only a pause.
 *
 * <p>Must never: put what a message says into the log, let a message leave before the gate has said yes to that. Thread-safe.
 */
public final class Signals {
    static final Duration KEEP_FILE = Duration.ofHours(3);

    /** Kept at once; beyond that the oldest are forgotten. */
    static final int MOST = 10_000;

    private static final int REMEMBERED = 512;
    private static final int BATCH = 500;
    private static final Duration TICK = Duration.ofSeconds(10);
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID = 12;

    private final SignalLedger ledger;
    private final Projector projector;
    private final Leases leases;
    private final Access access;
    private final Attachments attachments;
    private final RoutesFile file;
    private final Courier courier;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Supplier<String> base;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Message> recent = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Message> eldest) {
            return size() > REMEMBERED;
        }
    };
    private long changes;
    private volatile boolean closed;

    private final Object counting = new Object();

    /**
     * Touches nothing.
     *
     * @param device the key that signs leases
     * @param channels what brings messages along a route
     * @param zone of the quiet hours
     * @param executor runs deliveries
     * @param base where clients reach the server, without a slash at the end
     */
    public Signals(
            Home home,
            SignalLedger ledger,
            Projector projector,
            Leases leases,
            NoteKey device,
            Gate gate,
            Channels channels,
            InstantSource clock,
            ZoneId zone,
            RandomGenerator random,
            Executor executor,
            Supplier<String> base) {
        this.ledger = ledger;
        this.projector = projector;
        this.leases = leases;
        this.access = new Access(leases, device, gate, home.root(), clock);
        this.attachments = new Attachments(projector.log().blobs(), random);
        this.file = new RoutesFile(home.signals());
        this.clock = clock;
        this.random = random;
        this.base = base;
        this.courier = new Courier(
                ledger, projector, gate, channels::of, this::read, clock, zone, random, executor, this::wake);
    }

    Access access() {
        return access;
    }

    SignalLedger ledger() {
        return ledger;
    }

    Attachments attachments() {
        return attachments;
    }

    InstantSource clock() {
        return clock;
    }

    /** Where clients reach the server, without a slash at the end. */
    public String base() {
        return base.get();
    }

    /** Letters and digits, 71 bits of them. */
    String newId() {
        StringBuilder id = new StringBuilder(ID);
        for (int i = 0; i < ID; i++) {
            id.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return id.toString();
    }

    // ---- taking in

    /**
     * Publishes what a client sent.
     *
     * @throws SignalRefused when it is not taken
     * @throws BusException when it cannot be made durable
     */
    Message publish(Caller caller, String topic, Params params, InputStream body) throws IOException {
        Routes routes = file.current().routes();
        Publication publication = Publication.read(
                Topics.one(topic),
                params,
                body,
                this::newId,
                clock.instant(),
                (routes == null ? Routes.NONE : routes).keep(),
                KEEP_FILE);
        access.publishes(caller, topic, publication.message().priority());
        return take(caller, publication, routes, "");
    }

    /**
     * Publishes what Mirror itself has to say.
     *
     * @param key what makes it the same message: it is published once
     */
    public void say(String topic, String title, String message, int priority, List<String> tags, String key)
            throws IOException {
        if (!key.isEmpty() && ledger.byKey(key).isPresent()) {
            return;
        }
        Routes routes = file.current().routes();
        Instant now = clock.instant();
        Message said = new Message(
                newId(),
                now.getEpochSecond(),
                now.plus((routes == null ? Routes.NONE : routes).keep()).getEpochSecond(),
                Topics.one(topic),
                title,
                message,
                priority,
                tags,
                "",
                "",
                List.of(),
                null,
                "",
                "");
        take(Caller.MIRROR, new Publication(said, true, false, null), routes, key);
    }

    private Message take(Caller caller, Publication publication, @Nullable Routes routes, String key)
            throws IOException {
        Message message = publication.message();
        BlobRef upload = null;
        InputStream in = publication.file();
        Message.Attachment attachment = message.attachment();
        if (in != null && attachment != null) {
            upload = attachments.keep(in, Attachments.ALL_BYTES - ledger.fileBytes());
            message = new Message(
                    message.id(),
                    message.time(),
                    message.expires(),
                    message.topic(),
                    message.title(),
                    message.message(),
                    message.priority(),
                    message.tags(),
                    message.click(),
                    message.icon(),
                    message.actions(),
                    new Message.Attachment(
                            attachment.name(),
                            attachment.type(),
                            Attachments.size(upload),
                            attachment.expires(),
                            attachment.url()),
                    message.contentType(),
                    message.encoding());
        }
        String content = attachments.keep(message.content());
        ObjectNode data = Json.object()
                .put("message", message.id())
                .put("topic", message.topic())
                .put("time", message.time())
                .put("expires", expires(publication, message))
                .put("priority", message.priority())
                .put("content", content);
        if (!publication.cached()) {
            data.put("cached", false);
        }
        if (upload != null && attachment != null) {
            data.put("file", upload.hash())
                    .put("file-bytes", Attachments.size(upload))
                    .put("file-expires", attachment.expires());
        }
        if (!key.isEmpty()) {
            data.put("key", key);
        }
        if (publication.scheduled()) {
            data.put("scheduled", true);
        } else {
            route(data, routes, message.topic(), message.effectivePriority());
        }
        List<Draft> drafts = new ArrayList<>();
        if (caller.lease() != null) {
            drafts.add(leases.use(leases.standing(caller.lease()), Access.TOOL, caller.actor(), Access.TOOL));
        }
        drafts.add(Draft.of(SignalLedger.PUBLISHED, caller.actor(), data)
                .subject(message.id())
                .permit(caller.lease() == null ? null : caller.lease().ids().getLast()));
        try {
            record(caller, drafts);
        } catch (SignalRefused | BusException e) {
            // Nobody will ever look for what was stored.
            attachments.remove(content);
            attachments.remove(upload == null ? "" : upload.hash());
            throw e;
        }
        remember(message);
        wake();
        return message;
    }

    /** Where a lease has an end of its uses, nobody else counts one between the look at what is left and the record. */
    private void record(Caller caller, List<Draft> drafts) {
        if (caller.lease() == null || !access.isCounted(caller.lease())) {
            projector.record(drafts);
            return;
        }
        synchronized (counting) {
            access.leftFor(caller.lease());
            projector.record(drafts);
        }
    }

    /** What nobody may have later is kept for as long as deliveries of it may be tried. */
    private static long expires(Publication publication, Message message) {
        return publication.cached() ? message.expires() : message.time() + Courier.OLDEST.toSeconds();
    }

    /** By which routes it leaves; while they cannot be read that is left open. */
    private static void route(ObjectNode data, @Nullable Routes routes, String topic, int priority) {
        if (routes != null) {
            ArrayNode names = data.putArray("routes");
            routes.of(topic, priority).forEach(names::add);
        }
    }

    // ---- giving out

    /** What a message says; nothing once that is forgotten, or when what lies there is not what was kept. */
    Optional<Message> read(Entry entry) {
        synchronized (recent) {
            Message known = recent.get(entry.id());
            if (known != null) {
                return Optional.of(known);
            }
        }
        try {
            byte[] bytes = attachments.bytes(entry.content());
            if (bytes == null) {
                return Optional.empty();
            }
            Message message =
                    Message.of(entry.id(), entry.time(), entry.cached() ? entry.expires() : 0, entry.topic(), bytes);
            remember(message);
            return Optional.of(message);
        } catch (IOException | BusException | JacksonException e) {
            return Optional.empty();
        }
    }

    private void remember(Message message) {
        synchronized (recent) {
            recent.put(message.id(), message);
        }
    }

    /** A number that is another one once something changed. */
    long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something changed since {@code seen}, somebody is gone, or the time is over. */
    void await(long seen, Duration atMost, BooleanSupplier gone) throws InterruptedException {
        long nanos = atMost.toNanos();
        lock.lock();
        try {
            while (changes == seen && nanos > 0 && !gone.getAsBoolean()) {
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets all who wait look again. */
    public void wake() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- as time goes by

    /**
     * Does what is due: releases, routes, delivers, forgets. Safe to call at any time and as often as one likes; what it does follows from
     * the log and the clock alone, so neither sleep nor a clock that jumps makes it do anything twice.
     *
     * @return when there is more to do, at the latest
     */
    public Instant tick() throws IOException {
        Instant now = clock.instant();
        Routes routes = file.current().routes();
        boolean any = false;
        Instant next = now.plus(TICK);
        for (Entry entry : ledger.all()) {
            if (!entry.isVisible()) {
                Instant due = Instant.ofEpochSecond(entry.time());
                if (due.isAfter(now)) {
                    next = due.isBefore(next) ? due : next;
                    continue;
                }
                record(SignalLedger.RELEASED, entry, routes);
                any = true;
            } else if (!entry.routed() && routes != null) {
                record(SignalLedger.ROUTED, entry, routes);
                any = true;
            }
        }
        forget(now);
        if (any) {
            wake();
        }
        Instant delivery = courier.tick(routes).orElse(next);
        return delivery.isBefore(next) ? delivery : next;
    }

    private void record(String type, Entry entry, @Nullable Routes routes) {
        ObjectNode data = Json.object().put("message", entry.id());
        int priority = entry.priority() == 0 ? Message.DEFAULT_PRIORITY : entry.priority();
        route(data, routes, entry.topic(), priority);
        projector.record(Draft.of(type, Access.TOOL, data).subject(entry.id()));
    }

    /** Content goes before the record of it: after a crash in between it is done again, and nothing is left behind. */
    private void forget(Instant now) throws IOException {
        long time = now.getEpochSecond();
        List<Entry> gone = new ArrayList<>();
        List<Entry> files = new ArrayList<>();
        int over = ledger.size() - MOST;
        for (Entry entry : ledger.all()) {
            boolean tooMany = over > 0 && entry.isVisible();
            if (gone.size() < BATCH && (tooMany || (entry.isVisible() && entry.expires() <= time))) {
                gone.add(entry);
                over--;
            } else if (files.size() < BATCH && entry.fileExpires() > 0 && entry.fileExpires() <= time) {
                files.add(entry);
            }
        }
        forget(gone, files, Access.TOOL);
    }

    private void forget(List<Entry> gone, List<Entry> files, String by) throws IOException {
        if (gone.isEmpty() && files.isEmpty()) {
            return;
        }
        ObjectNode data = Json.object();
        for (Entry entry : gone) {
            attachments.remove(entry.content());
            attachments.remove(entry.file());
            synchronized (recent) {
                recent.remove(entry.id());
            }
        }
        for (Entry entry : files) {
            attachments.remove(entry.file());
        }
        ArrayNode messages = data.putArray("messages");
        gone.forEach(entry -> messages.add(entry.id()));
        ArrayNode detached = data.putArray("files");
        files.forEach(entry -> detached.add(entry.id()));
        projector.record(Draft.of(SignalLedger.FORGOTTEN, by, data));
    }

    /** Runs {@link #tick} whenever it is due or something changed, until {@code stopped}; what fails is said once and tried again. */
    public void run(BooleanSupplier stopped) throws InterruptedException {
        String said = "";
        while (!stopped.getAsBoolean()) {
            long seen = changes();
            Instant next = clock.instant().plus(TICK);
            try {
                next = tick();
                said = "";
            } catch (IOException | BusException e) {
                String trouble = "signal: " + e.getMessage();
                if (!trouble.equals(said) && projector.log().trouble() == null) {
                    said = trouble;
                    projector.record(Draft.of(
                            "mirror.upkeep.failed.v1", "daemon", Json.object().put("reason", trouble)));
                }
            }
            Duration wait = Duration.between(clock.instant(), next);
            long millis = Math.clamp(wait.toMillis(), 1, TICK.toMillis());
            await(seen, Duration.ofMillis(millis), stopped);
        }
    }

    /** Nothing is sent any more, and open subscriptions end: their clients go on where they were when they come back. */
    public void close() {
        closed = true;
        courier.close();
        wake();
    }

    boolean isClosed() {
        return closed;
    }

    // ---- for the owner

    /** A message and what it says, or no content when that is gone. */
    public record Shown(ObjectNode json, boolean isForgotten, boolean isScheduled, List<Sent> deliveries) {}

    /** How far a message has come on a route. */
    public record Sent(
            String message,
            String route,
            String state,
            int attempts,
            String reason,
            @Nullable Instant again) {}

    /** Newest first. */
    public List<Shown> list(@Nullable String topic, int most) {
        return ledger.all().reversed().stream()
                .filter(entry -> topic == null || entry.topic().equals(topic))
                .limit(most)
                .map(this::shown)
                .toList();
    }

    public Optional<Shown> show(String id) {
        return ledger.get(id).map(this::shown);
    }

    private Shown shown(Entry entry) {
        Optional<Message> message = read(entry);
        ObjectNode json = message.map(each -> each.json(base()))
                .orElseGet(() -> Message.event(entry.id(), entry.time(), "message", entry.topic()));
        return new Shown(
                json.put("by", entry.by()),
                message.isEmpty(),
                !entry.isVisible(),
                ledger.deliveries(entry.id()).stream().map(this::sent).toList());
    }

    /** Of all messages that are kept, newest message first. */
    public List<Sent> deliveries() {
        return ledger.deliveries().reversed().stream().map(this::sent).toList();
    }

    private Sent sent(Delivery delivery) {
        String hold = courier.waitsFor(delivery);
        return new Sent(
                delivery.message(),
                delivery.route(),
                delivery.state().name().toLowerCase(Locale.ROOT),
                delivery.attempts(),
                hold.isEmpty() || delivery.state() != SignalLedger.State.WAITING ? delivery.reason() : hold,
                delivery.again());
    }

    /** How many messages each topic has. */
    public Map<String, Long> topics() {
        return ledger.topics();
    }

    /** The routes, one line each, or the fault of the file. */
    public List<String> routes() {
        RoutesFile.State state = file.current();
        Routes routes = state.routes();
        if (routes == null) {
            return List.of(String.valueOf(state.fault()));
        }
        return routes.routes().stream()
                .map(route -> route.name() + ": "
                        + (route.topics().isEmpty()
                                ? "all topics"
                                : String.join(
                                        ", ", route.topics().stream().sorted().toList()))
                        + " from priority " + route.priority() + " to "
                        + route.target().described())
                .toList();
    }

    /** What is wrong with {@code signal.yaml}, or null. */
    public @Nullable String fault() {
        return file.current().fault();
    }

    /** Publishes for the owner, whose parameters have ntfy's names. */
    public ObjectNode send(String topic, Map<String, String> params, InputStream body) throws IOException {
        return publish(Caller.OWNER, topic, Params.of(params), body).json(base());
    }

    /**
     * Forgets a message now: what it says and its file are removed, and the log says so.
     *
     * @return whether there was one
     */
    public boolean forget(String id) throws IOException {
        Entry entry = ledger.get(id).orElse(null);
        if (entry == null) {
            return false;
        }
        forget(List.of(entry), List.of(), "owner");
        wake();
        return true;
    }
}
