package mirror.tiers.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider over TLS is who it must be, or hears nothing; keys and certificates are made for the test by the JDK's keytool. */
final class UpstreamsTlsTest {
    private static final char[] PASSWORD = "only-for-this-test".toCharArray();
    private static final Patience PATIENCE =
            new Patience(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(20));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static KeyStore keys;

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    @BeforeAll
    static void make() throws Exception {
        keytool("issuer", "-ext", "bc:c=ca:true");
        keytool("good", "-signer", "issuer", "-ext", "san=dns:localhost");
        keytool("of-another-host", "-signer", "issuer", "-ext", "san=dns:api.example.org,ip:127.0.0.1");
        keytool("expired", "-signer", "issuer", "-ext", "san=dns:localhost", "-startdate", "-10d", "-validity", "5");
        keytool("not-valid-yet", "-signer", "issuer", "-ext", "san=dns:localhost", "-startdate", "+5d");
        keytool("self-signed", "-ext", "san=dns:localhost");
        keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve("keys.p12"))) {
            keys.load(in, PASSWORD);
        }
    }

    private static void keytool(String alias, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                "CN=" + alias,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-keystore",
                folder.resolve("keys.p12").toString(),
                "-storepass",
                new String(PASSWORD)));
        command.addAll(List.of(more));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
    }

    /** The provider's side, with one of the keys. */
    private static SSLContext provider(String alias) throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry(alias, keys.getKey(alias, PASSWORD), PASSWORD, keys.getCertificateChain(alias));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(own, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    /** A client that trusts the issuer of the test, and nobody else. */
    private static SSLSocketFactory trusting() throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("issuer", keys.getCertificate("issuer"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private String ask(ScriptedProvider provider, SSLSocketFactory tls) throws IOException {
        try (Upstreams upstreams = new Upstreams(tls, watch, System::nanoTime);
                Exchange exchange = upstreams.send(
                        new Origin("localhost", provider.origin().port(), true),
                        "POST",
                        "/v1/x",
                        List.of(new Header("x-api-key", "secret")),
                        "hello".getBytes(StandardCharsets.UTF_8),
                        PATIENCE)) {
            return new String(exchange.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static ScriptedProvider behind(String alias) throws Exception {
        return new ScriptedProvider(
                (request, to) -> to.json(200, "\"" + request.text() + " yourself\""),
                provider(alias).getServerSocketFactory());
    }

    @AfterEach
    void close() {
        watch.shutdownNow();
    }

    @Test
    void aProviderThatProvesWhoItIsIsAsked() throws Exception {
        try (ScriptedProvider provider = behind("good")) {
            assertThat(ask(provider, trusting())).isEqualTo("\"hello yourself\"");
            assertThat(provider.requests().getFirst().header("x-api-key")).isEqualTo("secret");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"of-another-host", "expired", "not-valid-yet", "self-signed"})
    void aProviderThatDoesNotProveItHearsNothing(String alias) throws Exception {
        try (ScriptedProvider provider = behind(alias)) {
            refuses(provider, trusting());
        }
    }

    @Test
    void anIssuerThatNobodyTrustsProvesNothing() throws Exception {
        try (ScriptedProvider provider = behind("good")) {
            refuses(provider, (SSLSocketFactory) SSLSocketFactory.getDefault());
        }
    }

    private void refuses(ScriptedProvider provider, SSLSocketFactory tls) {
        assertThatThrownBy(() -> ask(provider, tls))
                .asInstanceOf(InstanceOfAssertFactories.type(WireException.class))
                .returns(WireException.Kind.CONNECT, WireException::kind)
                .extracting(WireException::getMessage)
                .asString()
                .endsWith("does not prove that it is localhost");
        assertThat(provider.requests()).isEmpty();
    }
}
