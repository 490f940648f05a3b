package mirror.pulse.supervise;

import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The marks by which the processes of services are known from all others: a random token for each beginning. Thread-safe. */
final class Marks {
    private static final int DIGEST = 16;

    private final ServiceLedger ledger;
    private final RandomGenerator random;
    private final Map<String, String> tokens = new ConcurrentHashMap<>();

    Marks(ServiceLedger ledger, RandomGenerator random) {
        this.ledger = ledger;
        this.random = random;
    }

    String token() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** From now on processes of this service carry this token. */
    void begun(String service, String token) {
        tokens.put(service, token);
    }

    /** What the process of a start carries. */
    String of(Service service, int run) {
        return tokens.getOrDefault(service.name(), ledger.get(service.name()).token()) + "/" + run + "/"
                + service.digest().substring(0, DIGEST);
    }

    /** Whether a process with this mark was begun as this service by this daemon, or by the one that it adopted from. */
    boolean isOf(String service, String mark) {
        String token = tokens.getOrDefault(service, "");
        return !token.isEmpty() && mark.startsWith(token + "/");
    }

    /** Whether a process with this mark was ever begun as this service, as far as the log remembers. */
    boolean wasOf(String service, String mark) {
        return ledger.tokens(service).stream().anyMatch(token -> mark.startsWith(token + "/"));
    }

    Optional<String> service(String mark) {
        return tokens.keySet().stream().filter(name -> isOf(name, mark)).findFirst();
    }
}
