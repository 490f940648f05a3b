package mirror.surface.mcp;

import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.webserver.http.ServerRequest;
import io.modelcontextprotocol.server.transport.DefaultServerTransportSecurityValidator;
import io.modelcontextprotocol.server.transport.HeaderAccessor;
import io.modelcontextprotocol.server.transport.ServerTransportSecurityException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages out: a page whose name was made to point at 127.0.0.1 (DNS rebinding) still gives itself away by its
 * {@code Host} and {@code Origin}. Only loopback names pass. Browsers cannot reach a Unix socket, so any {@code Host} will do
 * there, but a foreign {@code Origin} is refused everywhere. It is no authentication. Thread-safe.
 */
public final class LoopbackGuard {
    private static final List<String> NAMES = List.of("localhost", "127.0.0.1", "[::1]");

    private final DefaultServerTransportSecurityValidator tcp;
    private final DefaultServerTransportSecurityValidator unix = builder().build();

    /** What to answer to a request that is not let in. */
    public record Refusal(int status, String message) {}

    LoopbackGuard() {
        this(null);
    }

    private LoopbackGuard(@Nullable URI address) {
        var builder =
                builder().allowedHosts(NAMES.stream().map(name -> name + ":*").toList());
        if (address != null) {
            String authority = address.getRawAuthority().toLowerCase(Locale.ROOT);
            builder.allowedHost(authority).allowedOrigin(address.getScheme() + "://" + authority);
        }
        tcp = builder.build();
    }

    /** A guard that also lets in what calls itself by this address, which the owner has made to lead here. */
    public static LoopbackGuard alsoAt(@Nullable URI address) {
        return new LoopbackGuard(address);
    }

    private static DefaultServerTransportSecurityValidator.Builder builder() {
        return DefaultServerTransportSecurityValidator.builder()
                .allowedOrigins(
                        NAMES.stream().map(name -> "http://" + name + ":*").toList())
                .allowedOrigins(
                        NAMES.stream().map(name -> "https://" + name + ":*").toList());
    }

    /** Why this request must not be served; empty when it may. */
    public Optional<Refusal> check(ServerRequest req) {
        return check(req.localPeer().address() instanceof InetSocketAddress ? tcp : unix, req.headers());
    }

    /** The same of a request over TCP that is no request to a handler yet, such as one to upgrade. */
    public Optional<Refusal> check(Headers headers) {
        return check(tcp, headers);
    }

    private static Optional<Refusal> check(DefaultServerTransportSecurityValidator validator, Headers headers) {
        try {
            validator.validate(new Folded(headers));
            return Optional.empty();
        } catch (ServerTransportSecurityException e) {
            return Optional.of(new Refusal(e.getStatusCode(), String.valueOf(e.getMessage())));
        }
    }

    /** Names and origins are case-insensitive (RFC 3986, 6454) and the validator is not. */
    private record Folded(Headers headers) implements HeaderAccessor {
        @Override
        public List<String> getHeader(String name) {
            return headers.all(HeaderNames.create(name), List::of).stream()
                    .map(value -> value.toLowerCase(Locale.ROOT))
                    .toList();
        }

        @Override
        public List<String> getHeaderNames() {
            return headers.stream().map(header -> header.name()).toList();
        }
    }
}
