package mirror.pulse.supervise;

import java.time.Duration;

/**
 * How a service that fails is started again.
 *
 * @param first delay before the second restart in a row; the first one waits for nothing, each further one twice as long
 * @param longest no delay is longer
 * @param jitter each delay is made shorter or longer at random by up to this share, so that services do not fall into step
 * @param stable ready and up for so long, a service has proven itself
 * @param failures so many within {@code window} are a crash loop
 * @param quarantine how long a crash loop is left alone before one trial start; twice as long after each that fails
 * @param longestQuarantine no quarantine is longer
 */
record RestartPolicy(
        Duration first,
        Duration longest,
        double jitter,
        Duration stable,
        int failures,
        Duration window,
        Duration quarantine,
        Duration longestQuarantine) {
    static final RestartPolicy STANDARD = new RestartPolicy(
            Duration.ofMillis(250),
            Duration.ofSeconds(300),
            0.25,
            Duration.ofSeconds(60),
            5,
            Duration.ofMinutes(10),
            Duration.ofMinutes(15),
            Duration.ofHours(6));
}
