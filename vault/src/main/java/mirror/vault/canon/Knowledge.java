package mirror.vault.canon;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.AtomicFiles;
import mirror.bus.BlobRef;
import mirror.bus.Draft;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.Redactor;
import mirror.trust.Sensitivity;
import mirror.vault.NoteParser;
import mirror.vault.NoteText;
import mirror.vault.canon.Canon.Notes;
import mirror.vault.canon.Canon.Part;
import mirror.vault.canon.Claim.Standing;
import mirror.vault.canon.Claims.Known;
import mirror.vault.change.Change;
import mirror.vault.change.ChangeRefused;
import mirror.vault.change.EditedJustNow;
import mirror.vault.change.VaultChanges;
import org.jspecify.annotations.Nullable;

/**
 * Takes evidence in, admits claims, and keeps the notes that are made of them. The log is the truth; the notes are its view.
 *
 * <p>Must never: admit a claim whose quote does not stand in its evidence as it is; change or drop evidence or a claim; overwrite what
 * the owner wrote. Thread-safe.
 */
public final class Knowledge {
    /** Longer evidence is kept, and cannot be quoted. */
    private static final int TEXT = 4 << 20;

    private static final int LONGEST = 2_000;
    private static final int SHORTEST = 8;
    private static final Pattern NUMBER = Pattern.compile("\\d+(?:[.,]\\d+)*");

    private final Path root;
    private final Projector projector;
    private final Claims claims;
    private final VaultChanges changes;
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();
    /** Of what the notes were last made without anything left over. */
    private @Nullable Known made = new Known(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    /** A source as it was looked at. */
    private record Seen(FileTime modified, long size, String sha256) {}

    /** Why something was not taken in; nothing was changed. */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /**
     * What became of the notes.
     *
     * @param written paths of those that were not as they should be
     * @param left sentences about those that were left as they are, and why
     */
    public record Built(List<String> written, List<String> left) {}

    public Knowledge(Path root, Projector projector, Claims claims, VaultChanges changes) {
        this.root = root;
        this.projector = projector;
        this.claims = claims;
        this.changes = changes;
    }

    // ---- evidence

    /**
     * Keeps a file as it is now.
     *
     * @param least what the file's own front matter may only make stricter
     * @return the evidence; the one that was there when the same bytes were taken in before
     */
    public Evidence add(Path file, Sensitivity least, String by) throws IOException {
        Path source = file.toAbsolutePath().normalize();
        if (!Files.isRegularFile(source)) {
            throw new Refused("there is no file " + source);
        }
        BlobRef blob;
        try (InputStream in = Files.newInputStream(source)) {
            blob = projector.log().blobs().put(in);
        }
        Optional<Evidence> known = claims.find(blob.hash());
        if (known.isPresent()) {
            return known.get();
        }
        Sensitivity own = text(blob.hash())
                .map(text -> NoteParser.parse(text).sensitivity())
                .filter(word -> !word.isEmpty())
                // What is none of the words is shown to nobody.
                .map(word -> Sensitivity.of(word).orElse(Sensitivity.NEVER_SHARE))
                .orElse(Sensitivity.PUBLIC);
        projector.record(Draft.of(
                        Claims.ADDED,
                        by,
                        Json.object()
                                .put("sha256", blob.hash())
                                .put("name", String.valueOf(source.getFileName()))
                                .put("source", source.toString())
                                .put("bytes", blob.bytes())
                                .put("sensitivity", (own.compareTo(least) > 0 ? own : least).text()))
                .subject(blob.hash()));
        return claims.find(blob.hash()).orElseThrow();
    }

    /** The text of evidence, or nothing when it is none. */
    public Optional<String> text(String sha256) throws IOException {
        byte[] bytes = projector.log().blobs().get(sha256).orElse(null);
        if (bytes == null) {
            throw new IOException("the bytes of evidence " + sha256 + " are gone; restore them from a backup");
        }
        boolean isText = bytes.length <= TEXT && NoteText.isExact(bytes);
        String text = isText ? NoteText.of(bytes) : "";
        return isText && text.indexOf('\0') < 0 ? Optional.of(text) : Optional.empty();
    }

    /**
     * Looks whether the sources of evidence still say the same, and records where that changed.
     *
     * @return evidence whose source says something else now, or is gone
     */
    public List<Evidence> check() throws IOException {
        for (Evidence each : claims.known().evidence().values()) {
            String now = now(Path.of(each.source()), each.id());
            if (!now.equals(each.now())) {
                projector.record(Draft.of(
                                Claims.CHANGED,
                                "daemon",
                                Json.object()
                                        .put("sha256", each.sha256())
                                        .put("source", each.source())
                                        .put("now", now))
                        .subject(each.sha256()));
            }
        }
        return claims.known().evidence().values().stream()
                .filter(Evidence::isChanged)
                .toList();
    }

    private String now(Path source, String id) throws IOException {
        try {
            BasicFileAttributes file = Files.readAttributes(source, BasicFileAttributes.class);
            Seen before = seen.get(id);
            if (before != null && before.modified.equals(file.lastModifiedTime()) && before.size == file.size()) {
                return before.sha256;
            }
            try (InputStream in = Files.newInputStream(source)) {
                String sha256 = AtomicFiles.digest(in);
                seen.put(id, new Seen(file.lastModifiedTime(), file.size(), sha256));
                return sha256;
            }
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    // ---- claims

    /**
     * Admits a claim.
     *
     * @return the claim; the one that was there when the same was admitted before
     * @throws Refused when its evidence does not bear it
     */
    public Claim admit(Claim.Draft draft, String by) throws IOException {
        Evidence evidence = claims.find(draft.evidence())
                .orElseThrow(() -> new Refused("there is no evidence '" + draft.evidence()
                        + "', or it is not clear which; 'mirror canon evidence' lists it"));
        Claim.Draft full = new Claim.Draft(
                evidence.sha256(),
                draft.quote(),
                draft.about(),
                draft.says(),
                draft.standing(),
                draft.key(),
                draft.value());
        String text = text(evidence.sha256())
                .orElseThrow(() -> new Refused("evidence " + evidence.id() + " is no text, so nothing can quote it"));
        int at = full.quote().isEmpty() ? -1 : text.indexOf(full.quote());
        if (at < 0) {
            throw new Refused("the quote does not stand in evidence " + evidence.id() + " (" + evidence.name()
                    + "); quote it character by character, line ends included");
        }
        sound(full);
        String id = Claim.id(full);
        Optional<Claim> known = claims.claim(id);
        if (known.isPresent()) {
            return known.get();
        }
        projector.record(Draft.of(
                        Claims.ADMITTED,
                        by,
                        Json.object()
                                .put("claim", id)
                                .put("evidence", full.evidence())
                                .put("quote", full.quote())
                                .put("block", Canon.paragraph(text, at))
                                .put("about", full.about())
                                .put("says", full.says())
                                .put("standing", full.standing().name())
                                .put("key", full.key())
                                .put("value", full.value()))
                .subject(id));
        Claim claim = claims.claim(id).orElseThrow();
        for (Claim other : claims.known().claims().values()) {
            String why = Contradictions.between(claim, other);
            if (!why.isEmpty()) {
                dispute(claim.id(), other.id(), why, "daemon");
            }
        }
        return claim;
    }

    private static void sound(Claim.Draft draft) throws Refused {
        if (draft.about().isEmpty() || draft.says().isEmpty()) {
            throw new Refused("a claim says one sentence about something; give both");
        }
        if (draft.key().isEmpty() != draft.value().isEmpty()) {
            throw new Refused("a key and its value belong together; give both or none");
        }
        for (String each : List.of(draft.quote(), draft.about(), draft.says(), draft.key(), draft.value())) {
            if (each.length() > LONGEST) {
                throw new Refused("a part of the claim has " + each.length() + " characters; at most " + LONGEST
                        + " are one claim, so take it apart");
            }
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(each)) {
                throw new Refused("a part of the claim has half of a character; copy it again");
            }
            if (!Redactor.redact(each).equals(each)) {
                throw new Refused("the claim holds what looks like a secret, and the log keeps none; leave it out");
            }
        }
        if (draft.quote().strip().length() < SHORTEST) {
            throw new Refused("the quote is too short to bear a claim; quote at least " + SHORTEST + " characters");
        }
        if (draft.standing() == Standing.FACT) {
            String missing = missing(draft.says() + " " + draft.value(), draft.quote());
            if (!missing.isEmpty()) {
                throw new Refused("a fact states no number that its quote does not, and the quote has no " + missing
                        + "; quote more, or call it an estimate");
            }
        }
    }

    private static String missing(String says, String quote) {
        List<String> quoted = new ArrayList<>();
        NUMBER.matcher(quote).results().forEach(number -> quoted.add(number.group()));
        Matcher number = NUMBER.matcher(says);
        while (number.find()) {
            if (!quoted.contains(number.group())) {
                return number.group();
            }
        }
        return "";
    }

    /** Records that two claims speak against each other. Both stay. */
    public void dispute(String one, String other, String why, String by) throws IOException {
        Claim first = claim(one);
        Claim second = claim(other);
        if (first.id().equals(second.id())) {
            throw new Refused("a claim does not speak against itself; name another");
        }
        if (why.isBlank() || why.length() > LONGEST || !Redactor.redact(why).equals(why)) {
            throw new Refused("say in a sentence, without secrets, why they speak against each other");
        }
        if (!claims.known().against(first.id()).containsKey(second.id())) {
            projector.record(Draft.of(
                            Claims.DISPUTED,
                            by,
                            Json.object()
                                    .put("claim", first.id())
                                    .put("other", second.id())
                                    .put("why", why.strip().replaceAll("\\s+", " ")))
                    .subject(first.id()));
        }
    }

    private Claim claim(String digits) throws Refused {
        return claims.claim(digits)
                .orElseThrow(() -> new Refused("there is no claim '" + digits
                        + "', or it is not clear which; 'mirror canon claims' lists them"));
    }

    public Known known() {
        return claims.known();
    }

    // ---- notes

    /** Makes the notes what evidence and claims say. What its owner edited stays, and is told. */
    public synchronized Built build() throws IOException {
        Known known = claims.known();
        Notes notes = Canon.of(known);
        Map<String, String> ours = new HashMap<>();
        for (Change change : changes.changes()) {
            ours.putIfAbsent(change.path(), String.valueOf(change.after()));
        }
        Built built = new Built(new ArrayList<>(), new ArrayList<>());
        for (Evidence each : known.evidence().values()) {
            String text = text(each.sha256()).orElse("This evidence is no text; its bytes are kept.");
            whole(Canon.evidencePath(each), Canon.evidence(each, text), ours, built);
        }
        for (Map.Entry<String, String> each : notes.whole().entrySet()) {
            whole(each.getKey(), each.getValue(), ours, built);
        }
        for (Map.Entry<String, Part> each : notes.parts().entrySet()) {
            part(each.getKey(), each.getValue(), built);
        }
        return built;
    }

    /** Looks at the sources of evidence, and makes the notes again when that or anything else gives another canon than before. */
    public synchronized void tend() throws IOException {
        check();
        Known now = claims.known();
        if (!now.equals(made)) {
            boolean whole = build().left().isEmpty();
            made = whole ? now : null;
        }
    }

    private void whole(String path, String text, Map<String, String> ours, Built built) throws IOException {
        byte[] there = read(path);
        if (there != null && !AtomicFiles.digest(there).equals(ours.get(path))) {
            if (!new String(there, StandardCharsets.UTF_8).equals(text)) {
                built.left.add(
                        "'" + path + "' was edited; it is made from the log, so write beside it, and move it away");
            }
            return;
        }
        write(path, there, text.getBytes(StandardCharsets.UTF_8), built);
    }

    private void part(String path, Part part, Built built) throws IOException {
        byte[] there = read(path);
        // One character for each byte, so that whatever the owner wrote comes through as it is.
        String text = there == null ? latin(part.head()) : new String(there, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(Canon.BEGIN);
        int end = text.indexOf(Canon.END);
        String marked = Canon.BEGIN + "\n" + latin(part.text()) + Canon.END;
        String next;
        if (begin >= 0
                && end > begin
                && text.indexOf(Canon.BEGIN, begin + 1) < 0
                && text.indexOf(Canon.END, end + 1) < 0) {
            next = text.substring(0, begin) + marked + text.substring(end + Canon.END.length());
        } else if (begin < 0 && end < 0) {
            next = text + (there == null ? "" : text.endsWith("\n") ? "\n" : "\n\n") + marked + "\n";
        } else {
            built.left.add("'" + path + "' has one of the two marks without the other, or twice; put them in order");
            return;
        }
        write(path, there, next.getBytes(StandardCharsets.ISO_8859_1), built);
    }

    private static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private byte @Nullable [] read(String path) throws IOException {
        try {
            return Files.readAllBytes(root.resolve(path));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void write(String path, byte @Nullable [] there, byte[] bytes, Built built) throws IOException {
        if (Objects.deepEquals(there, bytes)) {
            return;
        }
        String base = there == null ? FileWrite.NONE : AtomicFiles.digest(there);
        try {
            built.written.add(changes.write(path, bytes, base, "daemon", "made from claims")
                    .path());
        } catch (EditedJustNow e) {
            built.left.add("'" + path + "' was edited a moment ago; it is brought up to date later");
        } catch (ChangeRefused e) {
            built.left.add("'" + path + "': " + e.getMessage());
        }
    }
}
