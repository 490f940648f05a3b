package mirror.mesh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;
import mirror.bus.CheckpointFile;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.Follower;
import mirror.bus.Home;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/** With a real redis-server. Nothing is lost and nothing unproven is heard, whatever happens to Redis. */
class RedisTransportTest {
    private final long value = Long.getLong("mirror.seed", System.nanoTime());
    private final String seed = "seed " + value + " (repeat with -Dmirror.seed=" + value + ")";
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(value);
    private final Ear ear = new Ear();

    @TempDir
    private Path folder;

    private Device device;
    private RedisServer redis;

    @BeforeEach
    void start() throws Exception {
        device = new Device(folder.resolve("home"), random);
        redis = RedisServer.started(folder.resolve("redis"));
    }

    @AfterEach
    void stop() throws Exception {
        device.close();
        redis.close();
    }

    private void allHeard() throws InterruptedException {
        ear.awaitEvents(device.log.durable());
        ear.heardExactly(device.log, seed);
    }

    @Test
    void tenThousandEventsOfEightWritersAreHeardOnceAndInOrder() throws Exception {
        RedisTransport transport = device.publish(redis.address());
        Receiver receiver = device.hear(redis.address(), ear);
        device.writing(8, 1_300).get();
        assertThat(device.log.durable()).isGreaterThan(10_000);
        allHeard();
        assertThat(ear.refusals()).as(seed).isEmpty();
        assertThat(receiver.status()).satisfies(status -> {
            assertThat(status.connected()).isTrue();
            assertThat(status.position()).isEqualTo(device.log.durable());
            assertThat(status.lag()).isZero();
        });
        assertThat(transport.status().position()).isEqualTo(device.log.durable());
    }

    @Test
    void killingRedisInTheMiddleOfARunCostsOnlyTime() throws Exception {
        device.publish(redis.address());
        device.hear(redis.address(), ear);
        Future<?> writing = device.writing(8, 500);
        for (int round = 1; round <= 3; round++) {
            ear.awaitEvents(round * 500L);
            redis.kill();
            redis.start();
        }
        writing.get();
        allHeard();
    }

    @Test
    void flushAllInTheMiddleOfARunCostsOnlyTime() throws Exception {
        device.publish(redis.address());
        device.hear(redis.address(), ear);
        Future<?> writing = device.writing(8, 500);
        for (int round = 1; round <= 5; round++) {
            ear.awaitEvents(1 + random.nextInt(round * 500));
            redis.command(Command.FLUSHALL);
        }
        writing.get();
        allHeard();
    }

    @Test
    void aRedisThatKeepsWhatItHadOnDiskIsContinuedWhereItStands() throws Exception {
        redis.close();
        redis = RedisServer.started(folder.resolve("durable"), "appendonly yes", "appendfsync everysec");
        RedisTransport transport = device.publish(redis.address());
        device.hear(redis.address(), ear);
        Future<?> writing = device.writing(8, 300);
        for (int round = 1; round <= 3; round++) {
            ear.awaitEvents(round * 400L);
            redis.kill();
            redis.start();
        }
        writing.get();
        allHeard();
        assertThat(transport.status().refused()).as(seed).isZero();
    }

    @Test
    void cutConnectionsAreMadeAnew() throws Exception {
        device.publish(redis.address());
        device.hear(redis.address(), ear);
        Future<?> writing = device.writing(8, 300);
        for (int round = 1; round <= 8; round++) {
            ear.awaitEvents(round * 200L);
            redis.command(Command.CLIENT, "KILL", "TYPE", "normal", "SKIPME", "yes");
        }
        writing.get();
        allHeard();
    }

    @Test
    void aRedisThatIsNotThereKeepsNobodyWaitingAndGetsAllLater() throws Exception {
        redis.kill();
        RedisTransport transport = device.publish(redis.address());
        Receiver receiver = device.hear(redis.address(), ear);
        device.writing(8, 100).get();
        assertThat(device.log.durable()).isEqualTo(801);
        Wait.until(() -> !transport.status().trouble().isEmpty()
                && !receiver.status().trouble().isEmpty());
        assertThat(transport.status().connected()).isFalse();
        assertThat(transport.status().trouble()).contains("does not answer");
        assertThat(transport.status().lag()).isEqualTo(801);
        redis.start();
        allHeard();
        Wait.until(() -> transport.status().connected());
    }

    @Test
    void whatWasTrimmedBelowAReceiversCursorComesFromTheLog() throws Exception {
        RedisTransport transport = device.publish(redis.address(), 100);
        device.writing(8, 300).get();
        Wait.until(() -> transport.status().lag() == 0);
        Receiver receiver = device.hear(redis.address(), ear);
        allHeard();
        assertThat(receiver.status().healed()).as(seed).isGreaterThan(2_000);
        redis.command(Command.XTRIM, EVENTS, "MAXLEN", "0");
        device.write(10);
        allHeard();
    }

    @Test
    void entriesDeletedInTheMiddleOfTheStreamComeFromTheLog() throws Exception {
        RedisTransport transport = device.publish(redis.address());
        device.write(300);
        Wait.until(() -> transport.status().lag() == 0);
        for (int i = 0; i < 40; i++) {
            redis.command(Command.XDEL, EVENTS, (1 + random.nextInt(299)) + "-0");
        }
        Receiver receiver = device.hear(redis.address(), ear);
        allHeard();
        assertThat(receiver.status().healed()).as(seed).isPositive();
    }

    @Test
    void aRestartedPublisherGoesOnWhereTheStreamStands() throws Exception {
        device.hear(redis.address(), ear);
        for (int round = 0; round < 4; round++) {
            RedisTransport transport = device.publish(redis.address());
            device.write(150);
            if (round % 2 == 0) {
                ear.awaitEvents(round * 150L + 1);
            }
            transport.close();
            device.reopen();
        }
        device.publish(redis.address());
        allHeard();
        assertThat(ear.refusals()).as(seed).isEmpty();
    }

    @Test
    void aReceiverGoesOnFromItsCursorAndHearsNothingTwice() throws Exception {
        device.publish(redis.address(), 200);
        Future<?> writing = device.writing(8, 300);
        for (int round = 0; round < 12; round++) {
            String kept = ear.cursor().text();
            try (Receiver _ = device.hear(redis.address(), ear, Follower.Cursor.parse(kept, device.publicKey()))) {
                ear.awaitEvents(Math.min(ear.lines().size() + 1 + random.nextInt(150), 2_401));
            }
        }
        writing.get();
        device.hear(redis.address(), ear, ear.cursor());
        allHeard();
    }

    @Test
    void aListenerThatFailsGetsTheSameEventsAgain() throws Exception {
        device.publish(redis.address());
        AtomicInteger failures = new AtomicInteger();
        device.hear(
                redis.address(),
                (events, cursor) -> {
                    if (failures.getAndIncrement() % 2 == 0) {
                        throw new IllegalStateException("the disk is full");
                    }
                    ear.heard(events, cursor);
                },
                Follower.Cursor.START);
        device.write(200);
        allHeard();
        assertThat(failures.get()).isGreaterThan(1);
    }

    @Test
    void twoReceiversHearTheSame() throws Exception {
        Ear other = new Ear();
        device.publish(redis.address(), 100);
        device.hear(redis.address(), ear);
        Future<?> writing = device.writing(8, 100);
        ear.awaitEvents(300);
        device.hear(redis.address(), other);
        writing.get();
        allHeard();
        other.awaitEvents(device.log.durable());
        other.heardExactly(device.log, seed);
    }

    // ---- somebody else writes to Redis

    @Test
    void whatIsAlteredForgedForeignReplayedOrReorderedIsNamedAndNeverHeard() throws Exception {
        RedisTransport transport = device.publish(redis.address());
        device.hear(redis.address(), ear);
        device.write(50);
        allHeard();
        transport.close();
        Event last = device.log.read(51, 1).getFirst();
        Event early = device.log.read(20, 1).getFirst();

        insert("51-1000", "line", Forger.altered(early));
        insert("51-1001", "line", early.line().getBytes(UTF_8));
        insert("51-1002", "line", "{}".getBytes(UTF_8));
        byte[] flipped = early.line().getBytes(UTF_8);
        flipped[flipped.length / 2] ^= 1;
        insert("51-1003", "line", flipped);
        insert(
                "51-1004",
                "line",
                new String(Forger.next(last), UTF_8).replace("test-", "tset-").getBytes(UTF_8));
        insert("51-1005", "line", Forger.next(last, 60, last.hash()));
        insert("51-1006", "line", Forger.next(last, 52, early.hash()));
        insert("51-1007", "note", "no note".getBytes(UTF_8));
        insert("51-1008", "note", foreignNote());
        insert("51-1009", "story", new byte[] {0, 1, 2, (byte) 0xff});
        insert("51-1010", "line", new byte[200_000]);
        redis.command(Command.XADD, EVENTS, "51-1011", "line", last.line(), "line", last.line());
        for (String why : List.of(
                "stands a second time in the stream (entry 51-1000)",
                "stands a second time in the stream (entry 51-1001)",
                "too short to be an event (entry 51-1002)",
                "(entry 51-1003)",
                "(entry 51-1004)",
                "event 60 stands where another belongs (entry 51-1005)",
                "event 52 does not continue event 51, which is signed (entry 51-1006)",
                "not a signed note (entry 51-1007)",
                "not signed by the key of test-0badcafe (entry 51-1008)",
                "neither a line nor a checkpoint (entry 51-1009)",
                "longer than an event may be (entry 51-1010)",
                "neither a line nor a checkpoint (entry 51-1011)")) {
            ear.awaitRefusal(why);
        }
        device.publish(redis.address());
        device.write(50);
        allHeard();
        assertThat(ear.refusals()).as(seed).hasSize(12);
    }

    @Test
    void aContinuationThatFitsButIsNotSignedIsNeverHeard() throws Exception {
        RedisTransport first = device.publish(redis.address());
        device.hear(redis.address(), ear);
        device.write(20);
        allHeard();
        first.close();
        byte[] forged = Forger.next(device.log.read(21, 1).getFirst());
        insert("22-0", "line", forged);
        byte[] more = Forger.next(device.log.read(21, 1).getFirst(), 23, Forger.hash(forged));
        insert("23-0", "line", more);
        // A checkpoint of its own key makes nobody believe it; waiting for its refusal shows that the lines before it
        // were read.
        insert("23-1", "note", foreignNote());
        ear.awaitRefusal("not signed by the key");
        assertThat(ear.lines()).hasSize(21);

        RedisTransport second = device.publish(redis.address());
        device.write(1);
        ear.awaitRefusal("the events 22 to 22 are not those that the checkpoint at 22 signs");
        device.write(40);
        allHeard();
        assertThat(second.status().refused()).isEqualTo(1);
        assertThat(second.status().trouble()).contains("23-1 of " + EVENTS + " was not written by this device");
        assertThat(redis.command(Command.EXISTS, EVENTS + ":aside")).isEqualTo(1L);
    }

    @Test
    void anAttackerWhoWritesAllTheTimeCostsOnlyTime() throws Exception {
        device.publish(redis.address(), 500);
        device.hear(redis.address(), ear);
        Future<?> writing = device.writing(8, 200);
        for (int i = 0; i < 60; i++) {
            long durable = device.log.durable();
            Event some = device.log.read(1 + random.nextLong(durable), 1).getFirst();
            Event last = device.log.read(durable, 1).getFirst();
            byte[] line = switch (random.nextInt(4)) {
                case 0 -> Forger.altered(some);
                case 1 -> Forger.next(last);
                case 2 -> Forger.next(some);
                default -> some.line().getBytes(UTF_8);
            };
            String id = switch (random.nextInt(6)) {
                case 0 -> durable + 1 + "-0";
                case 1 -> durable + random.nextInt(50) + "-" + random.nextInt(3);
                case 2 -> "*";
                case 3 -> "18446744073709551615-18446744073709551615";
                default -> durable + "-" + (5 + random.nextInt(100));
            };
            insert(id, random.nextInt(8) == 0 ? "note" : "line", line);
            if (random.nextInt(10) == 0) {
                redis.command(Command.XTRIM, EVENTS, "MAXLEN", String.valueOf(random.nextInt(100)));
            }
            ear.awaitEvents(Math.min(ear.lines().size() + random.nextInt(30), 900));
        }
        writing.get();
        allHeard();
    }

    @Test
    void forgedAnswersAreNotHeard() throws Exception {
        device.write(2_000);
        RedisTransport transport = device.publish(redis.address(), 50);
        Wait.until(() -> transport.status().lag() == 0);
        // Every answer is raced by forged ones: the keys are visible to whoever reads Redis.
        Thread attacker = Thread.ofVirtual().start(() -> {
            Event some = device.log.read(7, 1).getFirst();
            while (!Thread.currentThread().isInterrupted()) {
                for (Object key : keys("mirror:" + Device.ORIGIN + ":answers:*")) {
                    tryAdd((byte[]) key, "line", Forger.altered(some));
                    tryAdd((byte[]) key, "end", new byte[0]);
                }
            }
        });
        try {
            device.hear(redis.address(), ear);
            allHeard();
        } finally {
            attacker.interrupt();
            attacker.join();
        }
    }

    @Test
    void otherTypesUnderTheNamesOfTheTransportAreMovedAside() throws Exception {
        redis.command(Command.SET, EVENTS, "somebody's");
        redis.command(Command.SET, WANTED, "somebody's");
        RedisTransport transport = device.publish(redis.address(), 50);
        device.write(300);
        Wait.until(() -> transport.status().lag() == 0 && transport.status().position() > 0);
        device.hear(redis.address(), ear);
        allHeard();
        redis.command(Command.DEL, EVENTS);
        redis.command(Command.LPUSH, EVENTS, "again");
        device.write(300);
        allHeard();
        assertThat(transport.status().refused()).isEqualTo(3);
        assertThat(redis.command(Command.LRANGE, EVENTS + ":aside", "0", "-1")).isNotNull();
        assertThat((byte[]) redis.command(Command.GET, WANTED + ":aside"))
                .asString()
                .isEqualTo("somebody's");
    }

    @Test
    void nonsenseAmongTheRequestsIsCountedAndTheOthersAreAnswered() throws Exception {
        RedisTransport transport = device.publish(redis.address(), 50);
        device.write(300);
        for (String request :
                List.of("", "1 2", "0 5 0123456789abcdef", "1 5 ../../etc", "x".repeat(10_000), "-1 -1 -1")) {
            redis.command(Command.RPUSH, WANTED, request);
        }
        redis.command(Command.RPUSH, WANTED, "999999 999999999 00000000000000aa");
        device.hear(redis.address(), ear);
        allHeard();
        assertThat(transport.status().refused()).isEqualTo(6);
    }

    // ---- the way there

    @Test
    void aWrongPasswordIsSaidWithoutSayingItAndARightOneLaterIsEnough() throws Exception {
        redis.close();
        redis = RedisServer.started(folder.resolve("locked"), "requirepass other")
                .password("other");
        RedisAddress address = RedisAddress.parse("redis://default:s3cr%2Bt@127.0.0.1:" + redis.port, false, null);
        RedisTransport transport = device.publish(address);
        Receiver receiver = device.hear(address, ear);
        device.write(10);
        Wait.until(() -> !transport.status().trouble().isEmpty()
                && !receiver.status().trouble().isEmpty());
        assertThat(transport.status().trouble()).contains("does not let Mirror in");
        assertThat(transport.status() + " " + receiver.status() + " " + address).doesNotContain("s3cr");
        RedisTransport without = device.publish(redis.password("").address());
        Wait.until(() -> without.status().trouble().equals("Redis wants a password, and the URL has none"));
        without.close();
        redis.password("other").command(Command.CONFIG, "SET", "requirepass", "s3cr+t");
        redis.password("s3cr+t");
        allHeard();
    }

    @Test
    void theRightsThatTheDocumentNamesAreEnoughAndNotMore() throws Exception {
        String document = Files.readString(Path.of(System.getProperty("mirror.root"), "docs", "transport.md"));
        List<String> rights = Pattern.compile("`~mirror:<origin>:\\* ([+a-z| ]+)`")
                .matcher(document)
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(rights).hasSize(2);
        user("origin", rights.getFirst());
        user("receiver", rights.getLast());
        String at = ":word@127.0.0.1:" + redis.port;
        device.write(300);
        RedisTransport transport = device.publish(RedisAddress.parse("redis://origin" + at, false, null), 50);
        Receiver receiver = device.hear(RedisAddress.parse("redis://receiver" + at, false, null), ear);
        allHeard();
        redis.command(Command.DEL, EVENTS);
        redis.command(Command.SET, EVENTS, "x");
        device.write(10);
        allHeard();
        assertThat(transport.status().trouble() + receiver.status().trouble()).doesNotContain("NOPERM");
        transport.close();
        device.publish(RedisAddress.parse("redis://origin" + at, false, null), 50);
        device.write(1);
        allHeard();
        String used = new String((byte[]) requireNonNull(redis.command(Command.INFO, "commandstats")), UTF_8);
        for (String right : String.join(" ", rights).split(" ", -1)) {
            assertThat(used).contains("cmdstat_" + right.substring(1) + ":");
        }
    }

    private void user(String name, String rights) {
        List<Object> words =
                new ArrayList<>(List.of("SETUSER", name, "on", ">word", "~mirror:" + Device.ORIGIN + ":*"));
        words.addAll(List.of(rights.split(" ", -1)));
        redis.command(Command.ACL, words.toArray());
    }

    @Test
    void aRedisThatMayNotTakeMoreIsNamedAndGoesOnLater() throws Exception {
        RedisTransport transport = device.publish(redis.address());
        device.hear(redis.address(), ear);
        device.write(20);
        allHeard();
        redis.command(Command.CONFIG, "SET", "maxmemory", "1");
        device.write(20);
        Wait.until(() -> transport.status().trouble().contains("OOM"));
        assertThat(device.log.durable()).isEqualTo(41);
        redis.command(Command.CONFIG, "SET", "maxmemory", "0");
        allHeard();
    }

    @Test
    void closingEndsEveryThreadAndEveryConnection() throws Exception {
        RedisTransport transport = device.publish(redis.address());
        Receiver receiver = device.hear(redis.address(), ear);
        device.write(10);
        allHeard();
        receiver.close();
        transport.close();
        Wait.until(() -> clients() == 1);
        transport.close();
        device.write(1);
        assertThat(ear.lines()).hasSize(11);
    }

    // ---- what an attacker does

    private static final String EVENTS = "mirror:" + Device.ORIGIN + ":events";
    private static final String WANTED = "mirror:" + Device.ORIGIN + ":wanted";

    private void insert(String id, String field, byte[] value) {
        try {
            redis.command(Command.XADD, EVENTS, id, field, value);
        } catch (JedisDataException e) {
            // Redis itself refuses what is below the last entry.
            assertThat(e).hasMessageStartingWith("ERR The ");
        }
    }

    private void tryAdd(byte[] key, String field, byte[] value) {
        try {
            redis.command(Command.XADD, key, "*", field, value);
        } catch (JedisDataException e) {
            assertThat(e).hasMessageStartingWith("ERR The ");
        }
    }

    private List<?> keys(String pattern) {
        return redis.command(Command.KEYS, pattern) instanceof List<?> keys ? keys : List.of();
    }

    private long clients() {
        return redis.command(Command.CLIENT, "LIST") instanceof byte[] list
                ? new String(list, UTF_8).lines().count()
                : -1;
    }

    private byte[] foreignNote() throws IOException {
        Path other = folder.resolve("other" + random.nextInt(1_000_000));
        Device foreign = new Device(other, random);
        foreign.write(30);
        foreign.close();
        return requireNonNull(
                        new CheckpointFile(new DiskStorage(), new Home(other).chain(Device.ORIGIN)).lastUpTo(1_000))
                .text()
                .getBytes(UTF_8);
    }
}
