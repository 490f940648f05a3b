package mirror.tiers.dialect;

/**
 * Writes one streamed reply for a client. It takes what a {@link StreamReader} gives; a second {@code Start} is passed over, so that the reader of
 * another provider can go on where the first one failed (close an open block first). One thread at a time.
 */
public interface StreamWriter {
    /** The bytes for the client; none for what its dialect has no word for. After {@code Finish} or {@code Failed} always none. */
    byte[] write(StreamEvent event);
}
