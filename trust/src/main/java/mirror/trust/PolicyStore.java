package mirror.trust;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import mirror.bus.AtomicFiles;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;

/**
 * The policy that is in force: {@code policy/policy.yaml} with the device key's signature in {@code policy/policy.yaml.dsse} (a DSSE
 * envelope over an in-toto Statement that names the file's SHA-256). Both are looked at on every call, so a policy that was removed
 * or edited is out of force at once. Whatever is unclear is a refusal, never the policy of before. Thread-safe.
 */
public final class PolicyStore {
    private static final String TYPE = "application/vnd.in-toto+json";
    private static final String PREDICATE = "https://mirror.invalid/policy/v1";

    /** The policy in force, or one sentence why there is none. Exactly one of the two is set. */
    public record State(@Nullable Policy policy, @Nullable String refusal) {}

    private record Stamp(@Nullable Object file, @Nullable Object signature) {}

    private final Path file;
    private final DeviceKey key;
    private final FileStore files;
    private volatile @Nullable Stamp seen;
    private volatile State state = new State(null, "the policy was not read yet");

    public PolicyStore(Path folder, DeviceKey key, FileStore files) {
        this.file = folder.resolve("policy.yaml");
        this.key = key;
        this.files = files;
    }

    public Path file() {
        return file;
    }

    private Path folder() {
        return Objects.requireNonNull(file.getParent());
    }

    private Path signature() {
        return file.resolveSibling("policy.yaml.dsse");
    }

    public State current() {
        Stamp now = new Stamp(stamp(file), stamp(signature()));
        if (!now.equals(seen)) {
            synchronized (this) {
                state = load();
                seen = now;
            }
        }
        return state;
    }

    /** Identity, length and change time of a file. The change time is the kernel's and not to be set, unlike the modification time. */
    private static @Nullable Object stamp(Path path) {
        try {
            return Files.readAttributes(path, "unix:dev,ino,size,ctime,lastModifiedTime");
        } catch (IOException e) {
            return null;
        }
    }

    private State load() {
        try {
            byte[] yaml = Files.readAllBytes(file);
            String envelope = Files.readString(signature());
            byte[] statement = Dsse.open(envelope, TYPE, key);
            String signed = Json.MAPPER
                    .readTree(statement)
                    .path("subject")
                    .path(0)
                    .path("digest")
                    .path("sha256")
                    .asString("");
            if (!signed.equals(AtomicFiles.digest(yaml))) {
                return refuse("the policy was changed after it was signed; read " + file
                        + " and, if it says what you want, run 'mirror policy sign'");
            }
            return new State(Policy.parse(yaml), null);
        } catch (NoSuchFileException e) {
            return refuse("there is no " + e.getFile() + "; put it back, or run 'mirror policy sign' after writing it");
        } catch (TrustException e) {
            return refuse(e.getMessage() + " (" + file + ")");
        } catch (IOException | RuntimeException e) {
            return refuse("the policy in " + file + " cannot be read: " + e.getMessage());
        }
    }

    private static State refuse(@Nullable String reason) {
        return new State(null, reason);
    }

    /** Type-checks the file and signs it; a faulty policy is never signed. Each signed one is kept, so that it can be put back. */
    public Policy sign() throws IOException {
        byte[] yaml = Files.readAllBytes(file);
        Policy policy = Policy.parse(yaml);
        var statement = Json.object().put("_type", "https://in-toto.io/Statement/v1");
        statement
                .putArray("subject")
                .addObject()
                .put("name", "policy.yaml")
                .putObject("digest")
                .put("sha256", policy.digest());
        statement.put("predicateType", PREDICATE).putObject("predicate").put("version", Policy.VERSION);
        files.keep(file, "owner");
        files.write(FileWrite.derived(
                        signature(),
                        Dsse.sign(
                                TYPE, Json.MAPPER.writeValueAsString(statement).getBytes(StandardCharsets.UTF_8), key))
                .within(folder()));
        return policy;
    }

    /** Writes and signs the policy that Mirror ships, unless the owner has one. */
    public void installDefault() throws IOException {
        if (!Files.exists(file) && !Files.exists(signature())) {
            try (var in = PolicyStore.class.getResourceAsStream("default-policy.yaml")) {
                files.write(FileWrite.kept(
                                file,
                                Objects.requireNonNull(in, "default-policy.yaml")
                                        .readAllBytes())
                        .within(folder())
                        .onlyIf(FileWrite.NONE));
            }
            sign();
        }
    }
}
