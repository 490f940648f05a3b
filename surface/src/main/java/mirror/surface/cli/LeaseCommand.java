package mirror.surface.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.organism.EventFilter;
import mirror.surface.Core;
import mirror.trust.Lease;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import mirror.trust.Risk;
import mirror.trust.Sensitivity;
import mirror.trust.shell.PathResolver;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Who may do what without being asked each time, and until when. Never writes a token anywhere but where it was told to. */
record LeaseCommand() implements Command {
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,4})([mhd])");
    private static final Set<String> PATHS =
            Set.of("read", "write", "delete", "delete-tree", "memory-read", "memory-write");
    private static final List<String> OPTIONS = List.of(
            "to=",
            "events=",
            "effects=",
            "tools=",
            "for=",
            "from=",
            "uses=",
            "tokens=",
            "cents=",
            "risk=",
            "session=",
            "ceiling=",
            "tier=",
            "token=",
            "out=",
            "seal",
            "all",
            "json",
            "yes");

    @Override
    public String name() {
        return "lease";
    }

    @Override
    public String usage() {
        return "lease grant --to HOLDER [--events TYPE[,TYPE]] [--effects KIND:TARGET[,…]] [--for 30d] [limits] [--token FILE]"
                + " [--yes] | attenuate TOKEN-FILE [--effects …] [limits] [--seal] [--out FILE] | list [--all] [--json] | show ID"
                + " | revoke ID";
    }

    @Override
    public String summary() {
        return "give, narrow, list and take back what agents and organisms may do unasked";
    }

    @Override
    public String help() {
        return """
                --to       who gets it: a client such as claude-code, session:ID, mcp:CLIENT, organism:NAME, service:NAME, healer:NAME, reaper, device:NAME
                --effects  what it may do, as KIND:TARGET: read write delete delete-tree (a path and all below it), run:PROGRAM,
                           egress:HOST, publish publish-for-good, machine, tool, memory-read memory-write (a project's folder),
                           elevate, remote-code, opaque; '*' is any target
                --events   for organisms: the starts of event types it may hear, such as session,memory.written; 'mirror' is all
                --for      until when: 30d unless told otherwise; m, h, d; a year at most
                limits     --tools NAME,…  --session ID  --from TIME  --uses N  --tokens N  --cents N
                           --risk local-reversible|local-visible|external-reversible|external-irreversible|destructive
                           --ceiling public|internal|private|secret|never-share  --tier cloud|local   (of memory shown under it)
                --token    also makes the lease a token: into a new FILE that only you can read, or '-' for here
                --seal     a token that cannot be narrowed any further
                --all      expired, used up and revoked ones too

                What the policy asks about goes ahead under a lease that covers all of it; what the policy blocks stays blocked.
                A token can be narrowed by whoever has it, without the daemon, and widened by nobody. 'revoke' ends a lease, its
                token and all that were made from it at once; the id with a dot ends one narrowed token and those below it.
                """;
    }

    /** Narrowing a token needs only the token. */
    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), OPTIONS.toArray(String[]::new));
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        return switch (what + " " + rest.size()) {
            case "grant 1" -> grant(core, call, options, out);
            case "attenuate 2" -> attenuate(core, call, rest.getLast(), options, out);
            case "list 0", "list 1" -> list(core, options, out);
            case "show 2" -> show(core, rest.getLast(), options, out);
            case "revoke 2" -> {
                Event event = record(core, core.state().leases().revoke(rest.getLast()));
                if (options.has("json")) {
                    out.line(Json.MAPPER.writeValueAsString(event.data()));
                } else {
                    out.line("revoked; nothing more happens under it");
                }
                yield Exit.OK;
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static Event record(Core core, Draft draft) {
        try {
            return core.projector().record(draft);
        } catch (BusException.NotDurable e) {
            if (core.organisms() != null) {
                throw e;
            }
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + core.home().root() + "; start it with 'mirror boot'");
        }
    }

    // ---- grant

    private int grant(Core core, Call call, Options options, Out out) throws IOException {
        String holder = options.value("to").orElse("");
        LeaseScope none = LeaseScope.of(
                List.of(),
                List.of(),
                core.clock().instant().plus(lifetime(options).orElse(Duration.ofDays(30))));
        LeaseScope scope = limited(none, options, call);
        Draft draft = core.state().leases().grant(holder, scope, "owner");
        if (!options.has("yes")) {
            out.line(Style.plain(holder) + " may until " + scope.expires());
            if (!scope.events().isEmpty()) {
                out.line("  hear " + Style.plain(String.join(", ", scope.events())));
            }
            out.line("  do   "
                    + (scope.effects().isEmpty()
                            ? "nothing beyond Mirror itself"
                            : Style.plain(String.join(", ", scope.effects()))));
            String limits = limits(scope);
            if (!limits.isEmpty()) {
                out.line("  only " + limits);
            }
            out.confirm("Grant this?");
            return Exit.OK;
        }
        Optional<String> file = options.value("token");
        if (file.isPresent() && !file.get().equals("-") && Files.exists(call.path(file.get()))) {
            throw CliException.no(call.path(file.get()) + " exists already; a token never replaces a file");
        }
        Event event = record(core, draft);
        if (core.services() != null) {
            core.services().retry();
        }
        String id = event.text("lease");
        ObjectNode json = Json.object();
        event.data().properties().forEach(field -> json.set(field.getKey(), field.getValue()));
        if (file.isPresent()) {
            LeaseToken token = core.state().leases().token(id, core.key());
            hand(options.has("seal") ? token.seal() : token, file.get(), call, options, json, out);
        }
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(json));
        } else if (!file.equals(Optional.of("-"))) {
            out.line("granted: " + id);
        }
        return Exit.OK;
    }

    /** Gives a token out: to the caller's terminal, or into a new file of the owner's. */
    private static void hand(LeaseToken token, String to, Call call, Options options, ObjectNode json, Out out)
            throws IOException {
        if (to.equals("-")) {
            if (options.has("json")) {
                json.put("token", token.text());
            } else {
                out.line(token.text());
            }
            return;
        }
        Path file = call.path(to);
        write(file, token.text() + "\n");
        json.put("file", file.toString());
        if (!options.has("json")) {
            out.line("token: " + file);
        }
    }

    /** A new file that nobody else could read at any moment. */
    private static void write(Path file, String text) throws IOException {
        try (var channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (FileAlreadyExistsException e) {
            throw CliException.no(file + " exists already; a token never replaces a file");
        } catch (IOException e) {
            throw CliException.no("cannot write " + file + " (" + e.getClass().getSimpleName() + ")");
        }
    }

    // ---- attenuate

    private int attenuate(Core core, Call call, String from, Options options, Out out) throws IOException {
        Path file = call.path(from);
        if (!Files.isRegularFile(file) || Files.size(file) > 100_000) {
            throw CliException.no(file + " is not the file of a lease token");
        }
        LeaseToken token = LeaseToken.parse(
                Files.readString(file, StandardCharsets.ISO_8859_1).strip());
        Instant now = core.clock().instant();
        LeaseToken narrowed = token.attenuate(present -> {
            Instant end = lifetime(options).map(now::plus).orElse(present.expires());
            LeaseScope limited = limited(present, options, call);
            return limited.until(end.isBefore(present.expires()) ? end : present.expires());
        });
        ObjectNode json = Json.object();
        hand(
                options.has("seal") ? narrowed.seal() : narrowed,
                options.value("out").orElse("-"),
                call,
                options,
                json,
                out);
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(json));
        }
        return Exit.OK;
    }

    // ---- options

    /** {@code base} with what the options say instead. */
    private LeaseScope limited(LeaseScope base, Options options, Call call) {
        List<String> events = options.value("events").isEmpty()
                ? base.events()
                : words(options, "events").stream().map(LeaseCommand::prefix).toList();
        List<String> effects = options.value("effects").isEmpty()
                ? base.effects()
                : words(options, "effects").stream()
                        .map(effect -> resolved(effect, call))
                        .toList();
        return new LeaseScope(
                events,
                effects,
                options.value("tools").isEmpty() ? base.tools() : words(options, "tools"),
                options.value("from").map(LeaseCommand::time).orElse(base.from()),
                base.expires(),
                options.value("session").orElse(base.session()),
                options.value("risk")
                        .map(text -> Risk.of(text)
                                .orElseThrow(() ->
                                        one("risk", Arrays.stream(Risk.values()).map(Risk::text))))
                        .orElse(base.risk()),
                options.value("ceiling")
                        .map(text -> Sensitivity.of(text)
                                .orElseThrow(() -> one(
                                        "ceiling",
                                        Arrays.stream(Sensitivity.values()).map(Sensitivity::text))))
                        .orElse(base.ceiling()),
                options.value("tier")
                        .map(text -> Sensitivity.Tier.of(text)
                                .orElseThrow(() -> one(
                                        "tier",
                                        Arrays.stream(Sensitivity.Tier.values()).map(Sensitivity.Tier::text))))
                        .orElse(base.tier()),
                number(options, "uses", base.actions()),
                number(options, "tokens", base.tokens()),
                number(options, "cents", base.cents()));
    }

    private static CliException one(String name, java.util.stream.Stream<String> values) {
        return CliException.usage("--" + name + " is one of " + values.collect(Collectors.joining(", ")));
    }

    private static String prefix(String text) {
        try {
            return EventFilter.prefix(text);
        } catch (IllegalArgumentException e) {
            throw CliException.no("no such lease can be granted: " + e.getMessage());
        }
    }

    /** A path in an effect as the caller means it: from the folder the caller is in, links followed. */
    private static String resolved(String effect, Call call) {
        int colon = effect.indexOf(':');
        String kind = colon < 0 ? "" : effect.substring(0, colon);
        String target = effect.substring(colon + 1);
        // Memory also has scopes with plain names, such as 'project'.
        boolean name = kind.startsWith("memory-") && !target.startsWith(".") && !target.contains("/");
        if (!PATHS.contains(kind) || target.isEmpty() || target.equals("*") || name) {
            return effect;
        }
        try {
            Path path = target.equals("~") || target.startsWith("~/")
                    ? call.user().resolve(target.length() < 2 ? "" : target.substring(2))
                    : call.path(target);
            return kind + ":" + PathResolver.onDisk().resolve(path);
        } catch (InvalidPathException e) {
            throw CliException.usage("'" + Style.plain(target) + "' is not a path");
        }
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw CliException.usage("--from takes a time such as 2026-05-01T08:00:00Z");
        }
    }

    private static long number(Options options, String name, long otherwise) {
        Optional<String> text = options.value(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (!text.get().matches("[0-9]{1,15}")) {
            throw CliException.usage("--" + name + " takes a whole number");
        }
        return Long.parseLong(text.get());
    }

    private static List<String> words(Options options, String name) {
        return options.value(name)
                .map(text -> List.of(text.split(",")).stream()
                        .map(String::strip)
                        .filter(word -> !word.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    private static Optional<Duration> lifetime(Options options) {
        return options.value("for").map(text -> {
            Matcher matcher = DURATION.matcher(text);
            if (!matcher.matches()) {
                throw CliException.usage("--for takes a time such as 12h or 30d");
            }
            long n = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "m" -> Duration.ofMinutes(n);
                case "h" -> Duration.ofHours(n);
                default -> Duration.ofDays(n);
            };
        });
    }

    // ---- list and show

    private int list(Core core, Options options, Out out) {
        Instant now = core.clock().instant();
        List<Lease> leases = core.state().leases().list().stream()
                .filter(lease ->
                        options.has("all") || Set.of("valid", "not yet").contains(lease.state(now)))
                .toList();
        if (options.has("json")) {
            ArrayNode array = Json.array();
            leases.forEach(lease -> array.add(json(lease, now)));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (leases.isEmpty()) {
            out.line("no lease is valid now");
        }
        leases.forEach(lease -> print(lease, now, out));
        return Exit.OK;
    }

    private int show(Core core, String id, Options options, Out out) {
        Lease lease = core.state()
                .leases()
                .get(id)
                .orElseThrow(() -> CliException.no(
                        "there is no lease '" + Style.plain(id) + "'; 'mirror lease list --all' shows them"));
        Instant now = core.clock().instant();
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(json(lease, now)));
            return Exit.OK;
        }
        print(lease, now, out);
        out.line("  granted " + lease.granted() + ", ends " + lease.expires());
        out.line("  used " + lease.spent().actions() + " times, "
                + lease.spent().tokens() + " tokens, " + lease.spent().cents() + " cents");
        return Exit.OK;
    }

    private static void print(Lease lease, Instant now, Out out) {
        String left = lease.state(now).equals("valid")
                ? StatusCommand.age(Duration.between(now, lease.expires())) + " left"
                : lease.state(now);
        out.line(lease.id() + "  " + Style.plain(lease.holder()) + "  " + left + ", by " + lease.by());
        List<String> parts = new ArrayList<>();
        if (!lease.events().isEmpty()) {
            parts.add("hears " + String.join(", ", lease.events()));
        }
        if (!lease.effects().isEmpty()) {
            parts.add("may " + String.join(", ", lease.effects()));
        }
        String limits = limits(lease.scope());
        if (!limits.isEmpty()) {
            parts.add("only " + limits);
        }
        out.line("  " + Style.plain(String.join("; ", parts)));
    }

    private static String limits(LeaseScope scope) {
        List<String> limits = new ArrayList<>();
        if (!scope.tools().isEmpty()) {
            limits.add("by " + String.join(", ", scope.tools()));
        }
        if (!scope.session().isEmpty()) {
            limits.add("in session " + scope.session());
        }
        if (!scope.from().equals(Instant.EPOCH)) {
            limits.add("from " + scope.from());
        }
        if (scope.risk() != Risk.DESTRUCTIVE) {
            limits.add("up to " + scope.risk().text());
        }
        if (scope.ceiling() != Sensitivity.INTERNAL || scope.tier() != Sensitivity.Tier.CLOUD) {
            limits.add("memory up to " + scope.visible().text() + " ("
                    + scope.tier().text() + ")");
        }
        limit(limits, scope.actions(), "uses");
        limit(limits, scope.tokens(), "tokens");
        limit(limits, scope.cents(), "cents");
        return Style.plain(String.join(", ", limits));
    }

    private static void limit(List<String> limits, long value, String unit) {
        if (value != LeaseScope.UNLIMITED) {
            limits.add(value + " " + unit);
        }
    }

    static ObjectNode json(Lease lease, Instant now) {
        ObjectNode json = Json.object()
                .put("id", lease.id())
                .put("holder", lease.holder())
                .put("state", lease.state(now))
                .put("granted", lease.granted().toString())
                .put("by", lease.by());
        json.setAll(lease.scope().json());
        json.putObject("spent")
                .put("actions", lease.spent().actions())
                .put("tokens", lease.spent().tokens())
                .put("cents", lease.spent().cents());
        return json;
    }
}
