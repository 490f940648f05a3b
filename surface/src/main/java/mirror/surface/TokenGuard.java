package mirror.surface;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import java.util.function.Predicate;
import mirror.bus.NoteKey;
import mirror.trust.Leases;

/**
 * Lets only callers with the home's token through the loopback TCP port, because every user and web page of the machine can reach
 * it. {@code /health} and {@code HEAD /} answer without one and tell nothing but that somebody is there; {@code /phone} has
 * signatures instead ({@link PhoneApi}), {@code /v1} the tokens of leases ({@link GatewayApi}), and {@code /console} paired browsers
 * ({@link mirror.surface.console.ConsoleApi}).
 */
public final class TokenGuard implements Filter {
    /** These answer nobody anything that is not signed, or nothing at all. */
    private static final Set<String> OPEN = Set.of("/health", "/phone/enroll", "/phone/approvals", "/phone/answer");

    private final byte[] expected;
    private final Predicate<String> leases;

    /**
     * @param token the home's token, with which everything is open
     * @param leases whether a lease token holds; with one the MCP server is open, and its tools keep to the lease
     */
    public TokenGuard(String token, Predicate<String> leases) {
        this.leases = leases;
        this.expected = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    }

    /** What a guard asks of a lease token. */
    public static Predicate<String> leases(Leases leases, NoteKey device) {
        return token -> MemoryLease.holds(leases, device, token);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String given = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        String path = request.path().path();
        if (OPEN.contains(path)
                || path.startsWith("/v1/")
                || path.equals("/console")
                || path.startsWith("/console/")
                || (path.equals("/") && Method.HEAD.equals(request.prologue().method()))
                || MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))
                || isLease(path, MemoryLease.bearer(given))) {
            chain.proceed();
            return;
        }
        response.status(Status.UNAUTHORIZED_401)
                .header(HeaderNames.WWW_AUTHENTICATE, "Bearer")
                .send("the token is in run/token of Mirror's home\n");
    }

    private boolean isLease(String path, String token) {
        return !token.isEmpty() && (path.equals("/mcp") || path.startsWith("/mcp/")) && leases.test(token);
    }
}
