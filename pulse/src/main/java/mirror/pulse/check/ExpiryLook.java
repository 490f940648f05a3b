package mirror.pulse.check;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * When certificates, tokens and other things end. A file holds X.509 certificates (PEM or DER) or one JSON Web Token, of which only {@code exp}
 * and {@code nbf} are read, never its signature, and nothing of it is told but these times.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4">RFC 7519</a>
 */
public final class ExpiryLook implements Check.Look {
    static final Duration SOON = Duration.ofDays(14);
    static final Duration VERY_SOON = Duration.ofDays(3);
    private static final int MOST = 1024 * 1024;

    private final Supplier<List<Path>> files;
    private final Supplier<Map<String, Instant>> others;
    private final InstantSource clock;

    /**
     * @param files asked at each look
     * @param others what else ends, by what to call it
     */
    public ExpiryLook(Supplier<List<Path>> files, Supplier<Map<String, Instant>> others, InstantSource clock) {
        this.files = files;
        this.others = others;
        this.clock = clock;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        for (Path file : files.get()) {
            found.put(file.toString(), look(file));
        }
        others.get().forEach((name, end) -> found.put(name, judge(Instant.MIN, end)));
        return found;
    }

    private Finding look(Path file) {
        try {
            if (Files.size(file) > MOST) {
                return Finding.unknown("it is too large for a certificate or a token");
            }
            byte[] bytes = Files.readAllBytes(file);
            String text = new String(bytes, StandardCharsets.ISO_8859_1).strip();
            String[] parts = text.split("\\.", -1);
            return parts.length == 3 && text.startsWith("ey") ? token(parts[1]) : certificates(bytes);
        } catch (NoSuchFileException e) {
            return Finding.failing("it is not there");
        } catch (IOException e) {
            return Finding.unknown("it cannot be read: " + e);
        }
    }

    private Finding token(String payload) {
        try {
            JsonNode claims = Json.one(Base64.getUrlDecoder().decode(payload));
            if (!claims.path("exp").isNumber()) {
                return Finding.unknown("the token does not say when it ends");
            }
            return judge(
                    claims.path("nbf").isNumber()
                            ? Instant.ofEpochSecond(claims.path("nbf").asLong(0))
                            : Instant.MIN,
                    Instant.ofEpochSecond(claims.path("exp").asLong(0)));
        } catch (IllegalArgumentException | JacksonException | DateTimeException e) {
            return Finding.unknown("it looks like a token and cannot be read as one");
        }
    }

    private Finding certificates(byte[] bytes) {
        try {
            Collection<? extends Certificate> all =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes));
            Finding worst = null;
            for (Certificate each : all) {
                if (each instanceof X509Certificate certificate) {
                    Finding found = judge(
                            certificate.getNotBefore().toInstant(),
                            certificate.getNotAfter().toInstant());
                    worst = worst == null || found.state().compareTo(worst.state()) > 0 ? found : worst;
                }
            }
            return worst == null ? Finding.unknown("there is no certificate and no token in it") : worst;
        } catch (CertificateException e) {
            return Finding.unknown("there is no certificate and no token in it");
        }
    }

    private Finding judge(Instant begin, Instant end) {
        Instant now = clock.instant();
        if (now.isBefore(begin)) {
            return Finding.failing("it is valid from " + begin + " on");
        }
        Duration left = Duration.between(now, end);
        if (left.isNegative() || left.isZero()) {
            return Finding.failing("it ended at " + end);
        }
        String told = "it ends at " + end;
        return left.compareTo(VERY_SOON) < 0
                ? Finding.failing(told + "; renew it")
                : left.compareTo(SOON) < 0 ? Finding.warning(told + "; renew it") : Finding.ok(told);
    }
}
