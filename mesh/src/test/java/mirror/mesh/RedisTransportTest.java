package mirror.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Protocol.Command;

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
}
