package mirror.tiers.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import mirror.tiers.wire.Header;

/**
 * Which headers pass. Everything that nobody knows does, so that a client's and a provider's next version work; what belongs to one
 * connection (RFC 9110, 7.6.1), what identifies or authenticates somebody to Mirror, and what a browser adds, does not.
 */
final class Headers {
    private Headers() {}

    private static final Set<String> CONNECTION = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length",
            "http2-settings");
    private static final Set<String> TO_PROVIDER = Set.of(
            "host",
            "expect",
            "authorization",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "cookie",
            "accept-encoding",
            "content-encoding",
            "forwarded",
            "via",
            "x-real-ip",
            "origin",
            "referer");
    private static final Set<String> TO_CLIENT = Set.of(
            "set-cookie",
            "set-cookie2",
            "date",
            "alt-svc",
            "strict-transport-security",
            "www-authenticate",
            "clear-site-data");

    /** In order. The body is asked for as it is, because what it used must be read from it. */
    static List<Header> toProvider(List<Header> headers) {
        List<Header> passed = passed(headers, TO_PROVIDER);
        passed.removeIf(header -> {
            String name = header.name().toLowerCase(Locale.ROOT);
            return name.startsWith("x-mirror-") || name.startsWith("x-forwarded-") || name.startsWith("sec-");
        });
        passed.add(new Header("accept-encoding", "identity"));
        return passed;
    }

    static List<Header> toClient(List<Header> headers) {
        return passed(headers, TO_CLIENT);
    }

    private static List<Header> passed(List<Header> headers, Set<String> not) {
        Set<String> named = new TreeSet<>();
        for (Header header : headers) {
            if (header.is("connection")) {
                for (String name : header.value().split(",", -1)) {
                    named.add(name.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        List<Header> passed = new ArrayList<>(headers.size() + 2);
        for (Header header : headers) {
            String name = header.name().toLowerCase(Locale.ROOT);
            if (header.isSound() && !CONNECTION.contains(name) && !not.contains(name) && !named.contains(name)) {
                passed.add(header);
            }
        }
        return passed;
    }
}
