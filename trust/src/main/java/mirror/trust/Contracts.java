package mirror.trust;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import mirror.bus.NoteKey;

/**
 * Detached signatures of what is loaded: a policy, an organism, a service, a fix, the rules of the reaper, a skill (all files of its folder, or its one file), a module. {@code NAME.dsse} beside
 * it holds a DSSE envelope over an in-toto Statement with the SHA-256 of each file and the kind. It counts when this device's key
 * made it, or the key of a signer that the owner trusts for this kind and has not revoked.
 *
 * <p>Must never: take a signature for one kind as one for another, or give out bytes that are not the signed ones. Thread-safe.
 */
public final class Contracts {
    /** What can be signed. */
    public static final List<String> KINDS =
            List.of("policy", "organism", "service", "heal", "reaper", "skill", "module", "capsule");

    static final String PREDICATE = "https://mirror.invalid/contract/v1";

    private static final int MAX_ENVELOPE = 4 * 1024 * 1024;
    private static final int MAX_FILES = 2_000;
    private static final long MAX_BYTES = 64L * 1024 * 1024;

    private final DeviceKey device;
    private final NoteKey own;
    private final Signers signers;

    /** @param origin the log's name, under which this device signs */
    public Contracts(DeviceKey device, String origin, Signers signers) {
        this.device = device;
        this.own = device.key(origin);
        this.signers = signers;
    }

    public Signers signers() {
        return signers;
    }

    /** The key of this device, which is trusted for every kind. */
    public NoteKey own() {
        return own;
    }

    /** Key id of this device. */
    public String ownId() {
        return Dsse.keyId(own);
    }

    /** Where the signature of a file or a folder lies: beside it. */
    public static Path signature(Path target) {
        return target.resolveSibling(target.getFileName() + ".dsse");
    }

    /**
     * The signature file for what the target holds now.
     *
     * @throws TrustException when it cannot be signed as this kind
     */
    public String sign(String kind, Path target) throws IOException {
        var predicate = Json.object()
                .put("kind", kind)
                .put("name", String.valueOf(target.getFileName()))
                .put("signer", own.verifierKey());
        return Dsse.sign(Dsse.STATEMENT, new Statement(manifest(kind, target), PREDICATE, predicate).bytes(), device);
    }

    /**
     * Checks what the target holds now.
     *
     * @return the signer's name
     * @throws TrustException when it is not signed, not as it was signed, or by nobody who is trusted for this kind
     */
    public String verify(String kind, Path target) throws IOException {
        Signed signed = signed(kind, target);
        if (!signed.subjects.equals(manifest(kind, target))) {
            throw changed(target);
        }
        return signed.by;
    }

    /** The same for a file whose bytes were read already; what is then used must be these bytes. */
    public String verify(String kind, Path file, byte[] bytes) throws IOException {
        Signed signed = signed(kind, file);
        if (signed.subjects.size() != 1 || !signed.subjects.getFirst().sha256().equals(AtomicFiles.digest(bytes))) {
            throw changed(file);
        }
        return signed.by;
    }

    private static TrustException changed(Path target) {
        return new TrustException("it was changed after it was signed; read it and, if it says what you want, run"
                + " 'mirror sign " + target + "'");
    }

    private record Signed(List<Statement.Subject> subjects, String by) {}

    private Signed signed(String kind, Path target) throws IOException {
        Path file = signature(target);
        if (!Files.exists(file)) {
            throw new TrustException(
                    "it is not signed; read it and, if it says what you want, run 'mirror sign " + target + "'");
        }
        List<NoteKey> keys = new ArrayList<>(signers.keys(kind));
        keys.add(own);
        Dsse.Opened opened;
        Statement statement;
        try {
            opened = Dsse.open(read(file, MAX_ENVELOPE), Dsse.STATEMENT, keys);
            statement = Statement.parse(opened.payload());
        } catch (TrustException e) {
            throw new TrustException(
                    "its signature " + file.getFileName() + " does not count (" + e.getMessage()
                            + "); read what it is for and, if it says what you want, run 'mirror sign " + target + "'",
                    e);
        }
        if (!statement.predicateType().equals(PREDICATE)
                || !statement.predicate().path("kind").asString("").equals(kind)) {
            throw new TrustException("it is signed, but not as " + article(kind) + "; run 'mirror sign --kind " + kind
                    + " " + target + "'");
        }
        return new Signed(statement.subjects(), name(opened.key()));
    }

    private static String article(String kind) {
        return (kind.equals("organism") ? "an " : "a ") + kind;
    }

    /** What the owner calls the holder of a key; what a statement says of its signer is only the signer's word. */
    private String name(NoteKey key) {
        String id = Dsse.keyId(key);
        return signers.list().stream()
                .filter(signer -> signer.id().equals(id) && signer.revoked() == null)
                .map(Signers.Signer::name)
                .findFirst()
                .orElse("this device");
    }

    /** The files with their digests, in the order of their names. */
    private static List<Statement.Subject> manifest(String kind, Path target) throws IOException {
        if (!kind.equals("skill") || Files.isRegularFile(target)) {
            if (!Files.isRegularFile(target)) {
                throw new TrustException("there is no file " + target);
            }
            return List.of(new Statement.Subject(
                    String.valueOf(target.getFileName()), AtomicFiles.digest(read(target, MAX_BYTES))));
        }
        if (!Files.isRegularFile(target.resolve("SKILL.md"))) {
            throw new TrustException(target + " is not the folder of a skill: it has no SKILL.md");
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(target)) {
            files = all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .limit(MAX_FILES + 1L)
                    .sorted()
                    .toList();
        } catch (java.io.UncheckedIOException e) {
            throw new IOException(target + " cannot be read whole: " + e.getMessage(), e);
        }
        if (files.size() > MAX_FILES) {
            throw new TrustException(target + " has more than " + MAX_FILES + " files");
        }
        List<Statement.Subject> subjects = new ArrayList<>();
        long left = MAX_BYTES;
        for (Path file : files) {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new TrustException(file + " is not a plain file; what it leads to could change unseen");
            }
            byte[] bytes = read(file, left);
            left -= bytes.length;
            subjects.add(new Statement.Subject(
                    target.relativize(file).toString().replace('\\', '/'), AtomicFiles.digest(bytes)));
        }
        return subjects;
    }

    private static byte[] read(Path file, long limit) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes((int) limit + 1);
            if (bytes.length > limit) {
                throw new TrustException(file + " is too large to be signed");
            }
            return bytes;
        }
    }
}
