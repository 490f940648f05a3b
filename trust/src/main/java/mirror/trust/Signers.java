package mirror.trust;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Whose signatures count besides this device's own, and for what; a fold over the owner's events. A key that was revoked stays so:
 * what was signed with it before counts for nothing any more, and the signer needs a new one. Thread-safe.
 */
public final class Signers implements Projection {
    static final String TRUSTED = "mirror.signer.trusted.v1";
    static final String REVOKED = "mirror.signer.revoked.v1";

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

    /**
     * One signer.
     *
     * @param id SHA-256 of the key's SubjectPublicKeyInfo, the key id of its signatures
     * @param key the verifier key
     * @param kinds what its signatures are good for
     */
    public record Signer(
            String id,
            String name,
            String key,
            List<String> kinds,
            Instant trusted,
            @Nullable Instant revoked) {
        public Signer {
            kinds = List.copyOf(kinds);
        }
    }

    private final Map<String, Signer> signers = new LinkedHashMap<>();
    private volatile long generation;

    @Override
    public String name() {
        return "signers";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(signers.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        signers.clear();
        for (Signer signer : Json.list(saved, Signer.class)) {
            signers.put(signer.id, signer);
        }
        changed();
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case TRUSTED -> {
                NoteKey key;
                try {
                    key = NoteKey.parse(event.text("key"));
                } catch (BusException | IllegalArgumentException e) {
                    return;
                }
                List<String> kinds = new ArrayList<>();
                event.data().path("kinds").forEach(kind -> kinds.add(kind.asString("")));
                signers.merge(
                        Dsse.keyId(key),
                        new Signer(Dsse.keyId(key), event.text("signer"), key.verifierKey(), kinds, event.time(), null),
                        (old, now) -> old.revoked == null ? now : old);
            }
            case REVOKED ->
                signers.computeIfPresent(
                        event.text("id"),
                        (_, old) -> old.revoked == null
                                ? new Signer(old.id, old.name, old.key, old.kinds, old.trusted, event.time())
                                : old);
            default -> {
                return;
            }
        }
        changed();
    }

    /** Called with the lock held, which is what makes the increment whole. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void changed() {
        generation++;
    }

    /** Another number whenever {@link #keys} may answer otherwise. */
    long generation() {
        return generation;
    }

    /** The keys whose signatures are good for this kind now. */
    synchronized List<NoteKey> keys(String kind) {
        return signers.values().stream()
                .filter(signer -> signer.revoked == null && signer.kinds.contains(kind))
                .map(signer -> NoteKey.parse(signer.key))
                .toList();
    }

    /** Oldest first, revoked ones too. */
    public synchronized List<Signer> list() {
        return List.copyOf(signers.values());
    }

    /**
     * The event by which the owner trusts a signer, or trusts one for other kinds than before.
     *
     * @throws TrustException with what speaks against it
     */
    public synchronized Draft trust(String name, NoteKey key, List<String> kinds) {
        if (!NAME.matcher(name).matches()) {
            throw new TrustException("a signer's name is lower case letters, digits, dots and dashes, at most 64");
        }
        if (kinds.isEmpty() || !Contracts.KINDS.containsAll(kinds)) {
            throw new TrustException(
                    "say what its signatures are good for: --kinds with some of " + String.join(",", Contracts.KINDS));
        }
        String id = Dsse.keyId(key);
        for (Signer signer : signers.values()) {
            if (signer.id.equals(id) && signer.revoked != null) {
                throw new TrustException("this key was revoked at " + signer.revoked
                        + " and is never trusted again; let the signer make a new one");
            }
            if (signer.name.equals(name) && !signer.id.equals(id) && signer.revoked == null) {
                throw new TrustException(
                        "another key is trusted as '" + name + "'; revoke it first or give another name");
            }
        }
        var data = Json.object().put("signer", name).put("id", id).put("key", key.verifierKey());
        new TreeSet<>(kinds).forEach(data.putArray("kinds")::add);
        return Draft.of(TRUSTED, "owner", data).subject(name);
    }

    /**
     * The event that ends the trust in a key.
     *
     * @param what the signer's name, or the start of the key's id (at least eight digits)
     * @throws TrustException when that names none or several
     */
    public synchronized Draft revoke(String what) {
        List<Signer> found = signers.values().stream()
                .filter(signer -> signer.revoked == null)
                .filter(signer -> signer.name.equals(what) || (what.length() >= 8 && signer.id.startsWith(what)))
                .toList();
        if (found.size() != 1) {
            throw new TrustException((found.isEmpty() ? "no trusted signer" : "more than one signer")
                    + " has that name or key id; 'mirror trust list' shows them");
        }
        Signer signer = found.getFirst();
        return Draft.of(
                        REVOKED,
                        "owner",
                        Json.object().put("signer", signer.name).put("id", signer.id))
                .subject(signer.name);
    }
}
