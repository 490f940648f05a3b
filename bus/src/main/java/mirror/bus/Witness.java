package mirror.bus;

/**
 * What somebody knows of a log from outside its folder: its size and Merkle root at some time. A log that ends below a witness was
 * rolled back; one with another root at that size was forked.
 *
 * @param root RFC 6962 root over the hashes of events 1 … size, 32 bytes
 * @param name who says so, for the report
 */
public record Witness(long size, byte[] root, String name) {
    /**
     * Reads a checkpoint (a C2SP signed note) that was kept elsewhere.
     *
     * @throws BusException when it is not a checkpoint of {@code origin} with a good signature by {@code key}
     */
    public static Witness of(String note, String origin, NoteKey key, String name) {
        Checkpoint.File file =
                Checkpoint.parse((note.strip() + "\n\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        if (file.checkpoints().isEmpty()) {
            throw new BusException(name + " is not a checkpoint (a C2SP signed note)");
        }
        Checkpoint last = file.checkpoints().getLast();
        if (!last.origin().equals(origin)) {
            throw new BusException(name + " is a checkpoint of " + last.origin() + ", not of " + origin);
        }
        if (!last.signedBy(key)) {
            throw new BusException(name + " is not signed by the key of " + origin);
        }
        return new Witness(last.size(), last.root(), name);
    }
}
