package mirror.surface;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Lets only callers with the home's token through the loopback TCP port, because every user and web page of the machine can reach
 * it. {@code /health} answers without one and tells nothing but that somebody is there.
 */
public final class TokenGuard implements Filter {
    private final byte[] expected;

    public TokenGuard(String token) {
        this.expected = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String given = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        if (request.path().path().equals("/health")
                || MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))) {
            chain.proceed();
            return;
        }
        response.status(Status.UNAUTHORIZED_401)
                .header(HeaderNames.WWW_AUTHENTICATE, "Bearer")
                .send("the token is in run/token of Mirror's home\n");
    }
}
