package mirror.trust;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A lease that can be carried: {@code mlt1.} and base64url. It is a chain of blocks after the idea of Biscuit. The first block is signed
 * by the device and holds the lease's id, holder and scope; each further block holds a scope too and is signed with the key that the
 * block before it names. Whoever has the token has the last key, and so can append a narrower block without asking anybody, and nobody
 * can take a block away: the key that would sign another one in its place is gone. A sealed token has thrown its last key away and
 * proves that with a signature by it; nothing can be appended.
 *
 * <p>A token is a secret: who has it may use it. {@link #verify} proves signatures and narrowing only; whether the lease still holds
 * is for {@link Leases#present}.
 *
 * <p>Bounds: {@value #BLOCKS} blocks, {@value #PAYLOAD} bytes of scope each, one canonical encoding. Anything else is no token, with a
 * {@link TrustException}. Immutable and thread-safe. Format: {@code docs/leases.md}.
 *
 * @see <a href="https://doc.biscuitsec.org/reference/specifications">Biscuit's specification</a>
 */
public final class LeaseToken {
    /** What every token starts with. */
    public static final String PREFIX = "mlt1.";

    private static final int BLOCKS = 8;
    private static final int PAYLOAD = 4_096;
    private static final int SIGNATURE = 64;
    private static final int KEY = 32;
    private static final byte OPEN = 0;
    private static final byte SEALED = 1;
    private static final int LONGEST =
            PREFIX.length() + ((2 + BLOCKS * (2 + PAYLOAD + SIGNATURE) + 1 + SIGNATURE) * 4 + 2) / 3;
    private static final Set<String> AUTHORITY = Set.of("lease", "holder", "next");
    private static final Set<String> NEXT = Set.of("next");
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private record Block(byte[] payload, byte[] signature) {}

    /** A block as read: who it names next, and how far it reaches. */
    private record Content(String lease, String holder, byte[] next, LeaseScope scope) {}

    /**
     * What a verified token says.
     *
     * @param ids the lease's id, and one for each further block; each can be revoked
     * @param scopes of the same blocks, each within the one before
     */
    public record Verified(List<String> ids, String holder, List<LeaseScope> scopes, boolean sealed) {
        public Verified {
            ids = List.copyOf(ids);
            scopes = List.copyOf(scopes);
        }

        public LeaseScope scope() {
            return scopes.getLast();
        }
    }

    private final List<Block> blocks;
    private final byte tail;
    private final byte[] proof;

    private LeaseToken(List<Block> blocks, byte tail, byte[] proof) {
        this.blocks = List.copyOf(blocks);
        this.tail = tail;
        this.proof = proof;
    }

    // ---- making

    /** The token of a lease that is, or is about to be, in the log. */
    static LeaseToken issue(String lease, String holder, LeaseScope scope, DeviceKey key) {
        KeyPair next = newKey();
        byte[] payload = payload(Json.object().put("lease", lease).put("holder", holder), next, scope);
        return new LeaseToken(
                List.of(new Block(payload, key.sign(message(0, new byte[0], payload)))), OPEN, seed(next));
    }

    /**
     * A token that reaches less far. Needs no key but the token's own.
     *
     * @param narrower makes the new scope from the present one
     * @throws TrustException when that would reach further, when the token is sealed, or when it is full
     */
    public LeaseToken attenuate(UnaryOperator<LeaseScope> narrower) {
        if (tail != OPEN) {
            throw new TrustException("the token is sealed; nothing can be appended to it");
        }
        if (blocks.size() == BLOCKS) {
            throw new TrustException("the token has been narrowed " + (BLOCKS - 1) + " times; that is all it can hold");
        }
        LeaseScope present = content(blocks.size() - 1).scope;
        LeaseScope scope = narrower.apply(present);
        List<String> faults = scope.faults();
        if (!faults.isEmpty()) {
            throw new TrustException("no such lease can be made: " + String.join("; ", faults));
        }
        scope.widening(present).ifPresent(what -> {
            throw new TrustException("a token can only be narrowed; this would widen " + what);
        });
        KeyPair next = newKey();
        byte[] payload = payload(Json.object(), next, scope);
        byte[] signature = sign(privateKey(proof), message(blocks.size(), blocks.getLast().signature, payload));
        List<Block> more = new ArrayList<>(blocks);
        more.add(new Block(payload, signature));
        return new LeaseToken(more, OPEN, seed(next));
    }

    /** The same token, to which nothing can be appended any more. */
    public LeaseToken seal() {
        if (tail == SEALED) {
            return this;
        }
        return new LeaseToken(blocks, SEALED, sign(privateKey(proof), sealMessage()));
    }

    private static byte[] payload(ObjectNode head, KeyPair next, LeaseScope scope) {
        byte[] payload = encode(head, NoteKey.of("next", next.getPublic()).key(), scope);
        if (payload.length > PAYLOAD) {
            throw new TrustException("the lease is too long for a token: " + payload.length + " bytes of " + PAYLOAD);
        }
        return payload;
    }

    private static byte[] encode(ObjectNode head, byte[] next, LeaseScope scope) {
        head.put("next", ENCODER.encodeToString(next));
        scope.into(head);
        return Json.MAPPER.writeValueAsBytes(head);
    }

    // ---- the text form

    @Override
    public String toString() {
        return PREFIX + (tail == SEALED ? "sealed" : "open") + " with " + blocks.size() + " blocks";
    }

    /** The secret itself; {@link #toString} does not show it. */
    public String text() {
        int size = 3
                + blocks.stream()
                        .mapToInt(block -> 2 + block.payload.length + SIGNATURE)
                        .sum()
                + proof.length;
        ByteBuffer bytes = ByteBuffer.allocate(size).put((byte) 1).put((byte) blocks.size());
        for (Block block : blocks) {
            bytes.putShort((short) block.payload.length).put(block.payload).put(block.signature);
        }
        bytes.put(tail).put(proof);
        return PREFIX + ENCODER.encodeToString(bytes.array());
    }

    /**
     * Reads a token's form; whom it was signed by is for {@link #verify}.
     *
     * @throws TrustException when it is not exactly what {@link #text} gives for some token
     */
    public static LeaseToken parse(String text) {
        if (!text.startsWith(PREFIX) || text.length() > LONGEST) {
            throw new TrustException("this is no lease token; one starts with " + PREFIX);
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text.substring(PREFIX.length())));
            int version = bytes.get();
            int count = bytes.get();
            if (version != 1 || count < 1 || count > BLOCKS) {
                throw damaged(null);
            }
            List<Block> blocks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int length = bytes.getShort();
                if (length < 1 || length > PAYLOAD) {
                    throw damaged(null);
                }
                blocks.add(new Block(take(bytes, length), take(bytes, SIGNATURE)));
            }
            byte tail = bytes.get();
            byte[] proof = take(bytes, tail == OPEN ? KEY : SIGNATURE);
            LeaseToken token = new LeaseToken(blocks, tail, proof);
            // One token has one text: no spare bits, no spare bytes, no other tail.
            if ((tail != OPEN && tail != SEALED)
                    || bytes.hasRemaining()
                    || !token.text().equals(text)) {
                throw damaged(null);
            }
            for (int i = 0; i < count; i++) {
                token.content(i);
            }
            return token;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw damaged(e);
        }
    }

    private static byte[] take(ByteBuffer bytes, int length) {
        byte[] taken = new byte[length];
        bytes.get(taken);
        return taken;
    }

    private static TrustException damaged(@Nullable Throwable cause) {
        String what = "the lease token is damaged";
        return cause == null ? new TrustException(what) : new TrustException(what, cause);
    }

    private Content content(int index) {
        byte[] payload = blocks.get(index).payload;
        try {
            JsonNode json = Json.MAPPER.readTree(payload);
            if (!json.isObject()) {
                throw damaged(null);
            }
            LeaseScope scope = LeaseScope.of(json, index == 0 ? AUTHORITY : NEXT);
            byte[] next = Base64.getUrlDecoder().decode(json.path("next").asString(""));
            String lease = json.path("lease").asString("");
            String holder = json.path("holder").asString("");
            ObjectNode head = Json.object();
            if (index == 0) {
                head.put("lease", lease).put("holder", holder);
            }
            if (next.length != KEY || !scope.faults().isEmpty() || !Arrays.equals(encode(head, next, scope), payload)) {
                throw damaged(null);
            }
            return new Content(lease, holder, next, scope);
        } catch (JacksonException | IllegalArgumentException e) {
            throw damaged(e);
        }
    }

    // ---- proving

    /**
     * What the token says, when {@code device} signed its first block and every further block is signed by the key named before it and
     * reaches no further.
     *
     * @throws TrustException otherwise
     */
    public Verified verify(NoteKey device) {
        List<String> ids = new ArrayList<>();
        List<LeaseScope> scopes = new ArrayList<>();
        NoteKey key = device;
        byte[] before = new byte[0];
        Content first = content(0);
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            if (!key.verifies(message(i, before, block.payload), block.signature)) {
                throw new TrustException(
                        i == 0 ? "the lease token is not signed by this device" : "the lease token is damaged");
            }
            Content content = content(i);
            if (i > 0 && content.scope.widening(scopes.getLast()).isPresent()) {
                throw new TrustException("the lease token claims more than the one it was made from");
            }
            // A block's own digest is its id: its maker cannot choose one that belongs to somebody else.
            ids.add(
                    i == 0
                            ? first.lease
                            : first.lease + "." + digest(block.payload).substring(0, 16));
            scopes.add(content.scope);
            key = new NoteKey("next", content.next);
            before = block.signature;
        }
        byte[] proven = tail == SEALED ? proof : sign(privateKey(proof), sealMessage());
        if (!key.verifies(sealMessage(), proven)) {
            throw damaged(null);
        }
        return new Verified(ids, first.holder, scopes, tail == SEALED);
    }

    /** What a block's signature is over: where it stands, what stands before it, and what it says. */
    private static byte[] message(int index, byte[] before, byte[] payload) {
        return join("mirror-lease-token-v1 block " + index + "\n", before, payload);
    }

    private byte[] sealMessage() {
        Block last = blocks.getLast();
        return join("mirror-lease-token-v1 seal " + blocks.size() + "\n", last.signature, last.payload);
    }

    private static byte[] join(String head, byte[] middle, byte[] end) {
        byte[] start = head.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(start.length + middle.length + end.length)
                .put(start)
                .put(middle)
                .put(end)
                .array();
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new TrustException("this JDK has no SHA-256", e);
        }
    }

    // ---- keys

    private static KeyPair newKey() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new TrustException("this JDK cannot make an Ed25519 key: " + e.getMessage(), e);
        }
    }

    private static byte[] seed(KeyPair pair) {
        return ((EdECPrivateKey) pair.getPrivate())
                .getBytes()
                .orElseThrow(() -> new TrustException("this JDK does not give out a key it made"));
    }

    private static PrivateKey privateKey(byte[] seed) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
        } catch (GeneralSecurityException e) {
            throw damaged(e);
        }
    }

    private static byte[] sign(PrivateKey key, byte[] message) {
        try {
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initSign(key);
            ed25519.update(message);
            return ed25519.sign();
        } catch (GeneralSecurityException e) {
            throw damaged(e);
        }
    }
}
