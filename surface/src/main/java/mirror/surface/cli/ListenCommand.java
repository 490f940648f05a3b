package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.Follower;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.mesh.Backoff;
import mirror.mesh.Receiver;
import mirror.mesh.RedisAddress;
import mirror.mesh.TransportStatus;
import mirror.surface.Config;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;

/**
 * Hears another device's bus over Redis. Prints only what that device's key has signed. The launcher runs it in a process of its own
 * and not in the daemon, so that it ends with its caller and the daemon never reads what others wrote to Redis.
 */
record ListenCommand() implements Command {
    private static final long BEAT_MILLIS = 1_000;

    private sealed interface Said {
        record Heard(List<Event> events, Follower.Cursor cursor) implements Said {}

        record Refused(String sentence) implements Said {}
    }

    /**
     * Where the next call goes on: proven up to the cursor, a checkpoint; printed up to an event at or after it, where a
     * limit cut a batch.
     */
    private record Place(Follower.Cursor proven, long printed) {
        private static final Pattern FIRST_LINE = Pattern.compile("printed ([0-9]{1,18})\n");

        static Place read(Path file, NoteKey key) throws IOException {
            String text = Files.readString(file);
            Matcher first = FIRST_LINE.matcher(text);
            if (!first.lookingAt()) {
                throw CliException.no(file + " is not a place that 'mirror listen --cursor' wrote; delete it to start"
                        + " from the first event");
            }
            return new Place(Follower.Cursor.parse(text.substring(first.end()), key), Long.parseLong(first.group(1)));
        }

        void write(Path file) throws IOException {
            AtomicFiles.write(file, "printed " + printed + "\n" + proven.text());
        }
    }

    @Override
    public String name() {
        return "listen";
    }

    @Override
    public String usage() {
        return "listen [--key KEY] [--redis URL | --redis-file FILE] [--ca FILE] [--insecure] [--cursor FILE] [--from N]"
                + " [--limit N] [--json]";
    }

    @Override
    public String summary() {
        return "hear a device's bus over Redis, proven line by line";
    }

    @Override
    public String help() {
        return """
                --key KEY          the device's verifier key, or its key.pub file; without it this device's own
                --redis URL        without a password; instead of redis-url in config.yaml
                --redis-file FILE  a file with the URL, for one with a password
                --ca FILE          certificates that may vouch for the server, if not the JDK's
                --insecure         allow a host other than this one without TLS
                --cursor FILE      go on after what was printed last time, and remember it there
                --from N           print from event N on; all are proven
                --limit N          end after N events
                --json             the lines exactly as that device stored them; what is refused is {"refused":"\u2026"}

                An event is printed once a checkpoint covers it, about a second after it happened.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(
                this,
                call.args(),
                "key=",
                "redis=",
                "redis-file=",
                "ca=",
                "insecure",
                "cursor=",
                "from=",
                "limit=",
                "json");
        options.none(this);
        NoteKey key = key(options, core, call);
        RedisAddress address = address(options, core, call);
        Path kept = options.value("cursor").map(call::path).orElse(null);
        Place place = kept != null && Files.exists(kept) ? Place.read(kept, key) : new Place(Follower.Cursor.START, 0);
        long from = Math.max(number(options, "from", 1), place.printed + 1);
        long left = number(options, "limit", Long.MAX_VALUE);
        Style style = new Style(call.color());
        BlockingQueue<Said> said = new ArrayBlockingQueue<>(64);
        try (Receiver receiver =
                receiver(address, key, place.proven, said, core).start()) {
            awaitConnection(receiver);
            while (true) {
                Said next = said.poll(BEAT_MILLIS, TimeUnit.MILLISECONDS);
                switch (next) {
                    case null -> {}
                    case Said.Refused(String why) ->
                        out.line(
                                options.has("json")
                                        ? Json.MAPPER.writeValueAsString(
                                                Json.object().put("refused", why))
                                        : style.bad("refused: ") + Style.plain(why));
                    case Said.Heard heard -> {
                        Event last = null;
                        for (Event event : heard.events) {
                            if (left == 0) {
                                break;
                            }
                            last = event;
                            if (event.seq() >= from) {
                                out.line(
                                        options.has("json")
                                                ? event.line()
                                                : EventText.line(event, style, call.width()));
                                left--;
                            }
                        }
                        if (last != null) {
                            boolean whole = last.seq() == heard.cursor.seq();
                            place = new Place(whole ? heard.cursor : place.proven, Math.max(place.printed, last.seq()));
                        }
                    }
                }
                out.flush();
                if (kept != null && next instanceof Said.Heard) {
                    place.write(kept);
                }
                if (left == 0) {
                    return Exit.OK;
                }
            }
        }
    }

    private static Receiver receiver(
            RedisAddress address, NoteKey key, Follower.Cursor cursor, BlockingQueue<Said> said, Core core) {
        Receiver.Listener listener = new Receiver.Listener() {
            @Override
            public void heard(List<Event> events, Follower.Cursor next) throws InterruptedException {
                said.put(new Said.Heard(events, next));
            }

            @Override
            public void refused(String sentence) throws InterruptedException {
                said.put(new Said.Refused(sentence));
            }
        };
        SecureRandom random = new SecureRandom();
        return new Receiver(address, key, cursor, listener, Backoff.standard(random), random, core.clock());
    }

    /** A wrong address is said at once; later a Redis that is away is waited for. */
    private static void awaitConnection(Receiver receiver) throws InterruptedException {
        receiver.awaitFirstAttempt();
        TransportStatus status = receiver.status();
        if (!status.connected() && !status.trouble().isEmpty()) {
            throw CliException.no(status.address() + ": " + status.trouble());
        }
    }

    private NoteKey key(Options options, Core core, Call call) throws IOException {
        String text = options.value("key").orElse("");
        if (text.isEmpty()) {
            return core.key().key(core.origin());
        }
        Path file = call.path(text);
        if (Files.isRegularFile(file)) {
            text = Files.readString(file).lines().findFirst().orElse("");
        }
        return NoteKey.parse(text);
    }

    private RedisAddress address(Options options, Core core, Call call) throws IOException {
        @Nullable Path ca = options.value("ca").map(call::path).orElse(null);
        boolean insecure = options.has("insecure");
        if (options.value("redis").isPresent()) {
            RedisAddress address = RedisAddress.parse(options.value("redis").get(), insecure, ca);
            if (address.hasPassword()) {
                throw CliException.usage("every user of this machine can read a password on a command line; put the URL"
                        + " in a file of your own and name it with --redis-file, and change that password");
            }
            return address;
        }
        if (options.value("redis-file").isPresent()) {
            Path file = call.path(options.value("redis-file").get());
            if (!Files.isReadable(file)) {
                throw CliException.usage("there is no readable file " + file);
            }
            RedisAddress address = RedisAddress.parse(Files.readString(file).strip(), insecure, ca);
            if (address.hasPassword() && Config.others(file)) {
                throw CliException.no(file + " has a password and others may read it; run: chmod 600 " + file);
            }
            return address;
        }
        RedisAddress address = core.config().redis();
        if (address == null) {
            throw CliException.usage(
                    "no Redis is known: set redis-url in " + core.home().config() + ", or use --redis or --redis-file");
        }
        return address;
    }

    private static long number(Options options, String name, long otherwise) {
        String text = options.value(name).orElse("");
        if (text.isEmpty()) {
            return otherwise;
        }
        if (!text.matches("[1-9][0-9]{0,17}")) {
            throw CliException.usage("--" + name + " takes a whole number from 1");
        }
        return Long.parseLong(text);
    }
}
