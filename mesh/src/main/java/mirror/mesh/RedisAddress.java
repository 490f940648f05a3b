package mirror.mesh;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Where a Redis is and how to be let in: {@code redis[s]://[user[:password]@]host[:port][/database]}.
 *
 * <p>Must never: show its password, in its text or in a fault's sentence; send events over a network in clear unless the owner said so.
 */
public final class RedisAddress {
    private static final String FORM = "redis://[user:password@]host[:port][/database] or rediss://\u2026 for TLS";
    private static final int TIMEOUT_MILLIS = 10_000;

    private final String host;
    private final int port;
    private final int database;
    private final @Nullable String user;
    private final @Nullable String password;
    private final boolean tls;
    private final @Nullable Path authority;

    private RedisAddress(URI uri, int database, @Nullable String user, @Nullable String password, @Nullable Path ca) {
        String name = uri.getHost();
        this.host = name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
        this.port = uri.getPort() < 0 ? 6379 : uri.getPort();
        this.database = database;
        this.user = user;
        this.password = password;
        this.tls = uri.getScheme().equals("rediss");
        this.authority = ca;
    }

    /**
     * Reads a URL.
     *
     * @param insecure whether the owner allows a host other than this one without TLS
     * @param authority PEM file with the certificates that may vouch for the server, or null for those the JDK knows
     * @throws TransportException when it cannot be used; the sentence does not repeat the URL, which may hold a password
     */
    public static RedisAddress parse(String url, boolean insecure, @Nullable Path authority) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new TransportException("the Redis URL is not of the form " + FORM);
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        boolean known = "redis".equals(uri.getScheme()) || "rediss".equals(uri.getScheme());
        if (!known || uri.getHost() == null || !path.matches("/?|/[0-9]{1,4}") || uri.getRawQuery() != null) {
            throw new TransportException("the Redis URL is not of the form " + FORM);
        }
        String[] login = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        RedisAddress address = new RedisAddress(
                uri,
                path.length() < 2 ? 0 : Integer.parseInt(path.substring(1)),
                login.length == 0 || login[0].isEmpty() ? null : decode(login[0]),
                login.length < 2 ? null : decode(login[1]),
                authority);
        if (address.user != null && address.password == null) {
            throw new TransportException("the Redis URL names a user without a password");
        }
        if (!address.tls && !insecure && !address.loopback()) {
            throw new TransportException("the Redis URL leads to " + address.host
                    + " without TLS, so everybody on the way could read the events; use rediss://, or allow it"
                    + " (redis-insecure: true, --insecure) if the way is safe");
        }
        return address;
    }

    private static String decode(String part) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new TransportException("the Redis URL has a '%' in user or password that is not written as %25");
        }
    }

    /** By its name only: what another name resolves to may change. */
    private boolean loopback() {
        return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.[0-9]{1,3}){3}");
    }

    public boolean hasPassword() {
        return password != null;
    }

    /** How the connection introduces itself. The protocol is named so that no server can choose another. */
    JedisClientConfig login() {
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder()
                .resp2()
                .autoNegotiateProtocol(false)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
                .connectionTimeoutMillis(TIMEOUT_MILLIS)
                .socketTimeoutMillis(TIMEOUT_MILLIS)
                .database(database);
        if (password != null) {
            config.user(user).password(password);
        }
        return config.build();
    }

    /** A connected socket; with TLS the server has proven that it is this host. */
    Socket socket() {
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
            plain.setTcpNoDelay(true);
            plain.setKeepAlive(true);
            plain.setSoTimeout(TIMEOUT_MILLIS);
            if (!tls) {
                return plain;
            }
            SSLSocketFactory factory =
                    authority == null ? (SSLSocketFactory) SSLSocketFactory.getDefault() : trusting(authority);
            SSLSocket secured = (SSLSocket) factory.createSocket(plain, host, port, true);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
            return secured;
        } catch (IOException | RuntimeException e) {
            try {
                plain.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e instanceof RuntimeException known
                    ? known
                    : new JedisConnectionException(this + " cannot be reached: " + e.getMessage(), e);
        }
    }

    private static SSLSocketFactory trusting(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca" + number++, certificate);
            }
            if (number == 0) {
                throw new TransportException(pem + " holds no certificate");
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (IOException | GeneralSecurityException e) {
            throw new TransportException("the certificates in " + pem + " cannot be used: " + e.getMessage());
        }
    }

    /** Without user and password. */
    @Override
    public String toString() {
        return (tls ? "rediss://" : "redis://") + (host.contains(":") ? "[" + host + "]" : host) + ":" + port
                + (database == 0 ? "" : "/" + database);
    }
}
