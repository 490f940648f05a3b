package mirror.trust;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import mirror.bus.AtomicFiles;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import org.jspecify.annotations.Nullable;

/**
 * The policy that is in force: {@code policy/policy.yaml} with the device key's signature in {@code policy/policy.yaml.dsse} (a DSSE
 * envelope over an in-toto Statement that names the file's SHA-256). Both are looked at on every call, so a policy that was removed
 * or edited is out of force at once. Whatever is unclear is a refusal, never the policy of before. Thread-safe.
 */
public final class PolicyStore {
    private static final String PREDICATE = "https://mirror.invalid/policy/v1";

    /** The policy in force, or one sentence why there is none. Exactly one of the two is set. */
    public record State(@Nullable Policy policy, @Nullable String refusal) {}

    private record Stamp(@Nullable Object file, @Nullable Object signature, long signers) {}

    private final Path file;
    private final DeviceKey key;
    private final FileStore files;
    private final Signers signers;
    private volatile @Nullable Stamp seen;
    private volatile State state = new State(null, "the policy was not read yet");

    public PolicyStore(Path folder, DeviceKey key, FileStore files) {
        this(folder, key, files, new Signers());
    }

    /** @param signers whose policies count too, when the owner trusts them for that kind */
    public PolicyStore(Path folder, DeviceKey key, FileStore files, Signers signers) {
        this.file = folder.resolve("policy.yaml");
        this.signers = signers;
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
        Stamp now = new Stamp(stamp(file), stamp(signature()), signers.generation());
        if (!now.equals(seen)) {
            synchronized (this) {
                // Of many who see the change at once one loads it, which takes milliseconds.
                if (!now.equals(seen)) {
                    state = load();
                    seen = now;
                }
            }
        }
        return state;
    }

    /** Identity, length and change time of a file. The change time is the kernel's and not to be set, unlike the modification time. */
    private static @Nullable Object stamp(Path path) {
        try {
            return Files.readAttributes(path, "unix:ino,size,ctime");
        } catch (IOException e) {
            return null;
        }
    }

    private State load() {
        try {
            byte[] yaml = Files.readAllBytes(file);
            if (!signed(Files.readAllBytes(signature())).equals(AtomicFiles.digest(yaml))) {
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

    /** SHA-256 of the file that is signed as a policy. */
    private String signed(byte[] envelope) {
        List<NoteKey> keys = new ArrayList<>(signers.keys("policy"));
        keys.add(key.key("dsse"));
        Statement statement =
                Statement.parse(Dsse.open(envelope, Dsse.STATEMENT, keys).payload());
        boolean policy = statement.predicateType().equals(PREDICATE)
                || (statement.predicateType().equals(Contracts.PREDICATE)
                        && statement.predicate().path("kind").asString("").equals("policy"));
        if (!policy || statement.subjects().size() != 1) {
            throw new TrustException("what is signed there is not a policy");
        }
        return statement.subjects().getFirst().sha256();
    }

    private static State refuse(@Nullable String reason) {
        return new State(null, reason);
    }

    /** Type-checks the file and signs it; a faulty policy is never signed. Each signed one is kept, so that it can be put back. */
    public Policy sign() throws IOException {
        byte[] yaml = Files.readAllBytes(file);
        Policy policy = Policy.parse(yaml);
        Statement statement = new Statement(
                List.of(new Statement.Subject("policy.yaml", policy.digest())),
                PREDICATE,
                Json.object().put("version", Policy.VERSION));
        files.keep(file, "owner");
        files.write(FileWrite.derived(signature(), Dsse.sign(Dsse.STATEMENT, statement.bytes(), key))
                .within(folder()));
        return policy;
    }

    /** The policy that Mirror ships. */
    public static Policy shipped() throws IOException {
        return Policy.parse(shippedBytes());
    }

    private static byte[] shippedBytes() throws IOException {
        try (var in = PolicyStore.class.getResourceAsStream("default-policy.yaml")) {
            return Objects.requireNonNull(in, "default-policy.yaml").readAllBytes();
        }
    }

    /** Writes and signs the policy that Mirror ships, unless the owner has one. */
    public void installDefault() throws IOException {
        if (!Files.exists(file) && !Files.exists(signature())) {
            files.write(FileWrite.kept(file, shippedBytes()).within(folder()).onlyIf(FileWrite.NONE));
            sign();
        }
    }
}
