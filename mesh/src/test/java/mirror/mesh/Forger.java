package mirror.mesh;

import static java.nio.charset.StandardCharsets.UTF_8;

import mirror.bus.AtomicFiles;
import mirror.bus.Event;

/** Makes lines as somebody can who may write to Redis, knows the format well and has no key. */
final class Forger {
    private static final int SUFFIX = 75;
    private static final int PREV = 74;

    private Forger() {}

    /** Another text under the same number, with a hash that fits it. */
    static byte[] altered(Event event) {
        String line = event.line();
        return sealed(
                line.substring(0, line.length() - SUFFIX).replaceFirst("\"text\":\"", "\"text\":\"paid to mallory "));
    }

    /** An event after {@code last} that continues the chain as far as hashes tell. */
    static byte[] next(Event last) {
        return next(last, last.seq() + 1, last.hash());
    }

    static byte[] next(Event last, long seq, String prev) {
        String line = last.line();
        String body = line.substring(0, line.length() - SUFFIX - PREV)
                .replaceFirst("-" + last.seq() + "\"", "-" + seq + "\"")
                .replaceFirst("\"seq\":" + last.seq() + ",", "\"seq\":" + seq + ",");
        return sealed(body + ",\"prev\":\"" + prev + "\"");
    }

    static String hash(byte[] line) {
        String text = new String(line, UTF_8);
        return text.substring(text.length() - 66, text.length() - 2);
    }

    private static byte[] sealed(String body) {
        return (body + ",\"hash\":\"" + AtomicFiles.digest(body.getBytes(UTF_8)) + "\"}").getBytes(UTF_8);
    }
}
