package mirror.bus;

/** Holds a device's private key and signs with it; the private key itself never leaves. Thread-safe. */
public interface NoteSigner {
    /** Raw 64-byte Ed25519 signature (RFC 8032) of {@code message}. */
    byte[] sign(byte[] message);

    /** The public half under the given name. */
    NoteKey key(String name);
}
