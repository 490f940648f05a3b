package mirror.tiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file of providers is understood whole or not at all, and its faults are told at once. */
final class TiersFileTest {
    private static final String SOUND = """
            providers:
              cloud:
                dialect: anthropic
                base-url: https://api.example.com/x/
                key: env:KEY
                models:
                  m: {context: 200000, output: 8000, price: {in: 3, out: 15.5, cache-read: 0.30, cache-write: 3.75}}
              here:
                dialect: openai
                base-url: http://127.0.0.1:11434/v1
                local: true
                models:
                  llama3.1:8b: {context: 32768}
                  m: {context: 1000}
            routes:
              fast: [cloud/m, here/llama3.1:8b]
              private: {to: [here/m], local-only: true}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final AtomicLong nanos = new AtomicLong();

    private TiersFile file() {
        return new TiersFile(
                folder.resolve("tiers.yaml"), Map.of("KEY", "sk-secret"), System.getProperty("user.name"), nanos::get);
    }

    private Tiers parse(String yaml) throws TiersFile.Faulty {
        return file().parse(yaml.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aSoundFileGivesProvidersModelsPricesAndRoutes() throws Exception {
        Tiers tiers = parse(SOUND);
        Provider cloud = Objects.requireNonNull(tiers.providers().get("cloud"));
        assertThat(cloud.origin().host()).isEqualTo("api.example.com");
        assertThat(cloud.origin().port()).isEqualTo(443);
        assertThat(cloud.path()).isEqualTo("/x");
        assertThat(cloud.key().secret()).isEqualTo("sk-secret");
        assertThat(Objects.requireNonNull(cloud.models().get("m")).price().of(new Tokens(1_000_000, 2, 10, 1)))
                .isEqualTo(3_000_000 + 31 + 3 + 3 + 1);
        assertThat(tiers.route("fast").orElseThrow().candidates())
                .extracting(Candidate::name)
                .containsExactly("cloud/m", "here/llama3.1:8b");
        assertThat(tiers.route("m").orElseThrow().candidates())
                .extracting(Candidate::name)
                .containsExactly("cloud/m", "here/m");
        assertThat(tiers.route("private").orElseThrow().localOnly()).isTrue();
        assertThat(tiers.route("other")).isEmpty();
    }

    @Test
    void aProviderMaySpeakGeminisOrOllamasOwnDialect() throws Exception {
        Tiers tiers = parse("""
                providers:
                  google:
                    dialect: gemini
                    base-url: https://generativelanguage.googleapis.com/v1beta
                    key: env:KEY
                    models:
                      gemini-3-pro: {context: 1000000, output: 65536, thinks: true, price: {in: 2, out: 12}}
                  ollama:
                    dialect: ollama
                    base-url: http://127.0.0.1:11434
                    local: true
                    models:
                      llama3.1:8b: {context: 32768}
                """);
        Provider google = Objects.requireNonNull(tiers.providers().get("google"));
        assertThat(google.dialect()).isEqualTo(Dialect.GEMINI);
        assertThat(google.path()).isEqualTo("/v1beta");
        assertThat(Objects.requireNonNull(google.models().get("gemini-3-pro")).thinks())
                .isTrue();
        Provider ollama = Objects.requireNonNull(tiers.providers().get("ollama"));
        assertThat(ollama.dialect()).isEqualTo(Dialect.OLLAMA);
        assertThat(ollama.path()).isEmpty();
        assertThat(Objects.requireNonNull(ollama.models().get("llama3.1:8b")).thinks())
                .isFalse();
    }

    private static final String OWN = """
            providers:
              own:
                dialect: llama
                unload: 10m
                models:
                  qwen: {gguf: /models/qwen.gguf, context: 8192, output: 2000, threads: 3}
                  small: {gguf: /models/small.gguf, context: 2048}
            routes:
              private: {to: [own/qwen], local-only: true}
            """;

    @Test
    void aModelInThisProcessIsAFileAndIsLocalWithoutAnAddressOrAKey() throws Exception {
        Provider own = Objects.requireNonNull(parse(OWN).providers().get("own"));
        assertThat(own.local()).isTrue();
        assertThat(own.key()).isEqualTo(ProviderKey.NONE);
        assertThat(own.term()).isEqualTo("run:llama.cpp");
        Model qwen = Objects.requireNonNull(own.models().get("qwen"));
        assertThat(qwen.gguf()).isEqualTo(new Gguf(Path.of("/models/qwen.gguf"), 3, Duration.ofMinutes(10)));
        assertThat(qwen.output()).isEqualTo(2_000);
        assertThat(qwen.price()).isEqualTo(Price.FREE);
        Gguf small = Objects.requireNonNull(
                Objects.requireNonNull(own.models().get("small")).gguf());
        assertThat(small.threads()).isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/models/qwen.gguf | models/qwen.gguf | must be the absolute path of a GGUF file",
                "gguf: /models/qwen.gguf, | '' | must be the absolute path of a GGUF file",
                "context: 8192, | '' | must be a number of tokens",
                "threads: 3 | threads: 0 | whole number from 1 to 256",
                "threads: 3 | price: {in: 1} | unknown key",
                "unload: 10m | unload: soon | must be a time",
                "unload: 10m | local: false | its models run in this process",
                "unload: 10m | key: none | unknown key",
                "unload: 10m | base-url: http://127.0.0.1 | unknown key",
            })
    void whatIsWrongWithAModelInThisProcessIsNamed(String from, String to, String why) {
        String yaml = OWN.replace(from, to);
        assertThat(yaml).isNotEqualTo(OWN);
        assertThatThrownBy(() -> parse(yaml))
                .isInstanceOf(TiersFile.Faulty.class)
                .hasMessageContaining(why);
    }

    @Test
    void aKeyIsNeverInTheTextOfAnything() throws Exception {
        assertThat(parse(SOUND).toString()).contains("env:KEY").doesNotContain("sk-secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dialect: anthropic | dialect: klingon | dialect must be",
                "dialect: anthropic | dialect: gemini | must end with the version, such as /v1beta",
                "dialect: openai | dialect: ollama | must not end with /v1",
                "dialect: anthropic | timeouts: {hang: soon} | must be a time of at most 1h",
                "context: 200000 | context: 200000, thinks: often | must be true or false",
                "https://api.example.com/x/ | http://api.example.com | must be https",
                "https://api.example.com/x/ | https://u:p@api.example.com | without user",
                "https://api.example.com/x/ | https://api.example.com?a=b | without user, query",
                "http://127.0.0.1:11434/v1 | https://models.example.com/v1 | neither this machine",
                "http://127.0.0.1:11434/v1 | http://127.0.0.1.example.com/v1 | must be https",
                "key: env:KEY | key: sk-live-1234 | does not belong into this file",
                "key: env:KEY | keys: env:KEY | unknown key",
                "local: true | local: maybe | must be true or false",
                "context: 200000 | context: -1 | number of tokens",
                "context: 200000 | context: 1.5 | number of tokens",
                "in: 3, | in: -3, | US dollars a million",
                "in: 3, | in: 0.0000001, | US dollars a million",
                "in: 3, | in: three, | US dollars a million",
                "fast: [cloud/m, | fast: [cloud/n, | there is no cloud/n",
                "to: [here/m] | to: [cloud/m] | is not local",
                "fast: [cloud/m, here/llama3.1:8b] | fast: [] | list of 1 to 32",
                "providers: | provider: | unknown key",
                "to: [here/m] | to: [here/m], order: dearest | must be listed, cheapest or fastest",
                "to: [here/m] | to: [here/m], cents: 0 | must be a whole number",
                "to: [here/m] | to: [here/m], similar: 0.97 | needs 'cache'",
                "to: [here/m] | to: [here/m], cache: 1h, similar: 0.9 | a number from 0.95 to below 1",
                "to: [here/m] | to: [here/m], cache: 1h, similar: true | a number from 0.95 to below 1",
                "to: [here/m] | to: [here/m], rules: {} | must be a list of 1 to 32 rules",
                "to: [here/m] | to: [here/m], rules: [{id: A, when: 'true', to: [here/m]}] | needs an id",
                "to: [here/m] | to: [here/m], rules: [{id: a, when: 'true', to: [cloud/m]}] | is not local",
                "to: [here/m] | to: [here/m], rules: [{id: a, when: tools, to: [here/m]}] | (a): when: ",
                "to: [here/m] | to: [here/m], rules: [{id: a, when: cost > 1, to: [here/m]}] | undeclared reference",
                "to: [here/m] | to: [here/m], rules: [{id: a, when: tools > '1', to: [here/m]}] | no matching overload",
                "to: [here/m] | to: [here/m], rules: [{id: a, if: x, when: 'true', to: [here/m]}] | unknown key",
            })
    void aFaultMakesTheWholeFileUnusableAndIsNamed(String from, String to, String why) {
        String yaml = SOUND.replace(from.strip(), to.strip());
        assertThat(yaml).isNotEqualTo(SOUND);
        assertThatThrownBy(() -> parse(yaml))
                .isInstanceOf(TiersFile.Faulty.class)
                .hasMessageContaining(why.strip())
                .hasMessageNotContaining("sk-live-1234");
    }

    @Test
    void aRuleIsARouteOfItsOwnThatHasFromItsRouteWhatItDoesNotSay() throws Exception {
        Tiers tiers = parse(SOUND + """
              auto:
                to: [cloud/m]
                cents: 5
                rules:
                  - {id: here, when: local_only, to: [here/m], local-only: true, why: it must stay}
                  - {id: small, when: complexity < 20, to: [here/m, cloud/m], order: cheapest, cents: 2}
            """);
        Route auto = tiers.route("auto").orElseThrow();
        Rule here = auto.choosing().rules().getFirst();
        assertThat(here.to().name()).isEqualTo("auto:here");
        assertThat(here.to().localOnly()).isTrue();
        assertThat(here.to().choosing().mostMoney()).isEqualTo(50_000);
        assertThat(here.why()).isEqualTo("it must stay");
        Rule small = auto.choosing().rules().getLast();
        assertThat(small.to().choosing().order()).isEqualTo(Choosing.Order.CHEAPEST);
        assertThat(small.to().choosing().mostMoney()).isEqualTo(20_000);
        assertThat(small.why()).isEqualTo("rule small holds: complexity < 20");
        assertThat(tiers.names()).doesNotContain("auto:here");
        assertThat(parse(SOUND)).isEqualTo(parse(SOUND));
    }

    @Test
    void theVaultAnswersLastOnTheRoutesThatNameIt() throws Exception {
        String vault = SOUND.replace("providers:\n", "providers:\n  notes: {dialect: vault}\n")
                .replace("fast: [cloud/m,", "fast: [cloud/m, notes/vault]\n  x: [cloud/m,");
        Tiers tiers = parse(vault);
        assertThat(tiers.offlineName()).isEqualTo("notes/vault");
        assertThat(tiers.providers()).doesNotContainKey("notes");
        assertThat(tiers.route("fast").orElseThrow().offline()).isTrue();
        assertThat(tiers.route("fast").orElseThrow().candidates()).hasSize(1);
        assertThat(tiers.route("x").orElseThrow().offline()).isFalse();
        assertThat(tiers.route("vault").orElseThrow()).isEqualTo(new Route("vault", java.util.List.of(), false, true));
        assertThat(parse("providers:\n  notes: {dialect: vault, local: true}\n").names())
                .containsExactly("vault");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "notes: {dialect: vault} | notes: {dialect: vault, key: none} | unknown key 'providers.notes.key'",
                "notes: {dialect: vault} | notes: {dialect: vault, local: false} | the vault is on this machine",
                "notes: {dialect: vault} | other: {dialect: vault} | there is no notes/vault",
                "notes: {dialect: vault} | 'notes: {dialect: vault}\n  two: {dialect: vault}' | there is one vault",
                "[cloud/m, notes/vault] | [notes/vault, cloud/m] | stands last",
                "[cloud/m, notes/vault] | [notes/vault, notes/vault] | stands last, and once",
                "[cloud/m, notes/vault] | [cloud/m, notes/m] | there is no notes/m",
            })
    void aVaultThatIsNamedWronglyIsAFault(String from, String to, String why) {
        String vault = SOUND.replace("providers:\n", "providers:\n  notes: {dialect: vault}\n")
                .replace("fast: [cloud/m, here/llama3.1:8b]", "fast: [cloud/m, notes/vault]");
        String yaml = vault.replace(from.strip(), to.strip().replace("\\n", "\n"));
        assertThat(yaml).isNotEqualTo(vault);
        assertThatThrownBy(() -> parse(yaml)).hasMessageContaining(why.strip());
    }

    @Test
    void aCouncilHasMembersAJudgeAndLimits() throws Exception {
        assertThat(parse(SOUND).council()).isEmpty();
        assertThat(parse(SOUND + "council: {members: [fast, m]}\n").council())
                .contains(new CouncilSeats(
                        java.util.List.of("fast", "m"), "fast", 100, java.time.Duration.ofMinutes(2), 2_000));
        assertThat(parse(SOUND + "council: {members: [m], judge: private, cents: 5, answer: 30s, output: 10}\n")
                        .council())
                .contains(new CouncilSeats(java.util.List.of("m"), "private", 5, java.time.Duration.ofSeconds(30), 10));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{members: []} | list of 1 to 8 names",
                "{members: fast} | list of 1 to 8 names",
                "{members: [nobody]} | there is no route and no model nobody",
                "{members: [fast, fast]} | names one twice",
                "{members: [fast], judge: nobody} | council.judge: there is no route",
                "{members: [fast], cents: 0} | council.cents must be a whole number",
                "{members: [fast], output: many} | council.output must be a whole number",
                "{members: [fast], answer: soon} | council.answer must be a time",
                "{members: [fast], quorum: 2} | unknown key 'council.quorum'",
                "[fast] | council must be a mapping",
            })
    void aCouncilThatCannotBeHeldIsAFault(String council, String why) {
        assertThatThrownBy(() -> parse(SOUND + "council: " + council + "\n")).hasMessageContaining(why.strip());
    }

    @Test
    void whatIsNotLocalNeedsAPrice() {
        assertThatThrownBy(() ->
                        parse(SOUND.replace(", price: {in: 3, out: 15.5, cache-read: 0.30, cache-write: 3.75}", "")))
                .hasMessageContaining("price is missing");
    }

    @Test
    void aKeyFileThatOthersMayReadIsNoKey() throws IOException, TiersFile.Faulty {
        Path key = folder.resolve("key");
        Files.writeString(key, "sk-in-a-file\n");
        String yaml = SOUND.replace("env:KEY", "file:" + key);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        ProviderKey open =
                Objects.requireNonNull(parse(yaml).providers().get("cloud")).key();
        assertThat(open.secret()).isNull();
        assertThat(open.fault()).contains("chmod 600").doesNotContain("sk-in-a-file");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(Objects.requireNonNull(parse(yaml).providers().get("cloud"))
                        .key()
                        .secret())
                .isEqualTo("sk-in-a-file");
        Files.writeString(key, "two\nlines");
        assertThat(Objects.requireNonNull(parse(yaml).providers().get("cloud"))
                        .key()
                        .secret())
                .isNull();
    }

    @Test
    void aChangedFileCountsWithinASecondAndAFaultyOneNotAtAll() throws IOException {
        TiersFile file = file();
        assertThat(file.current().refusal()).contains("there is no");
        Files.writeString(file.file(), SOUND);
        nanos.addAndGet(1_000_000_001L);
        assertThat(file.current().tiers()).isNotNull();
        Files.writeString(file.file(), SOUND + "extra: 1\n");
        nanos.addAndGet(1_000_000_001L);
        assertThat(file.current().tiers()).isNull();
        assertThat(file.current().refusal()).contains("unknown key 'extra'");
    }

    @Test
    void aKeyThatIsPutInOrderOrRenewedCountsWithinTwoLooks() throws IOException {
        Path key = folder.resolve("key");
        Files.writeString(key, "sk-old\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        TiersFile file = file();
        Files.writeString(file.file(), SOUND.replace("env:KEY", "file:" + key));
        assertThat(secret(file)).isNull();
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(secret(file)).isEqualTo("sk-old");
        Files.writeString(key, "sk-new\n");
        assertThat(secret(file)).isEqualTo("sk-new");
        Tiers settled = file.current().tiers();
        assertThat(secret(file)).isEqualTo("sk-new");
        assertThat(file.current().tiers())
                .as("what is the same stays the same object")
                .isSameAs(settled);
    }

    private @Nullable String secret(TiersFile file) {
        for (int look = 0; look < 2; look++) {
            nanos.addAndGet(1_000_000_001L);
            file.current();
        }
        Tiers tiers = Objects.requireNonNull(file.current().tiers());
        return Objects.requireNonNull(tiers.providers().get("cloud")).key().secret();
    }

    @Test
    void noDamageToTheFileGivesAnythingButAFaultOrTiers() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 1_000; round++) {
            byte[] bytes = SOUND.getBytes(StandardCharsets.UTF_8);
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte)
                        (random.nextBoolean() ? random.nextInt(256) : "{}[]:,-\n &*!".charAt(random.nextInt(12)));
            }
            try {
                assertThat(file().parse(bytes).providers()).as(seed.toString()).isNotEmpty();
            } catch (TiersFile.Faulty e) {
                assertThat(e.getMessage()).as(seed.toString()).isNotBlank();
            }
        }
    }
}
