package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What lets a long log open in milliseconds: how far it was proven, and the file sizes and change times that were true then. One mark
 * stands where the last sealed segment ends, one where the log was closed. A mark counts only while the files it covers have not been
 * touched since; the walk then starts there instead of at the first byte. Signed by the device, disposable, and also a witness: a log
 * that ends before a size the device once signed was rolled back.
 *
 * @param sealed up to the last sealed segment
 * @param end up to the last event when the log was closed; equal to {@code sealed} when it was not closed since
 */
record ChainIndex(Mark sealed, Mark end) {
    private static final String PURPOSE = "mirror.index.v1";

    /**
     * The state of a walk after {@code size} events.
     *
     * @param head hash of the last event
     * @param tree frontier of the Merkle tree
     * @param checkpoints bytes of the checkpoints file that were there
     * @param notes SHA-256 of these bytes, 64 hex: what this device signed once it need not check note by note again
     */
    record Mark(long size, byte[] head, List<byte[]> tree, long checkpoints, String notes, List<Entry> segments) {
        static final Mark START = new Mark(0, new byte[32], List.of(), 0, AtomicFiles.digest(new byte[0]), List.of());

        /** The same state after files were exchanged for others with the same text. */
        Mark moved(List<Segment> files, Storage storage) throws IOException {
            return new Mark(size, head, tree, checkpoints, notes, entries(files.subList(0, segments.size()), storage));
        }
    }

    /** @param stamp {@link Storage#stamp} of the file when it was proven */
    record Entry(String name, long first, long count, long end, String stamp) {}

    static Path file(Home home, String origin) {
        return home.index().resolve(origin + ".chain");
    }

    static Mark mark(MerkleTree tree, byte[] head, byte[] notes, List<Segment> segments, Storage storage)
            throws IOException {
        return new Mark(
                tree.size(),
                head,
                tree.frontier(),
                notes.length,
                AtomicFiles.digest(notes),
                entries(segments, storage));
    }

    private static List<Entry> entries(List<Segment> segments, Storage storage) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Segment segment : segments) {
            entries.add(new Entry(
                    segment.file().getFileName().toString(),
                    segment.first(),
                    segment.count(),
                    segment.end(),
                    storage.stamp(segment.file())));
        }
        return entries;
    }

    void write(Storage storage, Path file, NoteSigner signer) throws IOException {
        ObjectNode json = Json.object();
        json.set("sealed", json(sealed));
        json.set("end", json(end));
        SignedFile.write(storage, file, PURPOSE, Json.MAPPER.writeValueAsBytes(json), signer);
    }

    private static ObjectNode json(Mark mark) {
        ObjectNode json = Json.object()
                .put("size", mark.size)
                .put("head", HexFormat.of().formatHex(mark.head))
                .put("checkpoints", mark.checkpoints)
                .put("notes", mark.notes);
        ArrayNode tree = json.putArray("tree");
        mark.tree.forEach(hash -> tree.add(HexFormat.of().formatHex(hash)));
        ArrayNode segments = json.putArray("segments");
        for (Entry entry : mark.segments) {
            segments.addArray()
                    .add(entry.name)
                    .add(entry.first)
                    .add(entry.count)
                    .add(entry.end)
                    .add(entry.stamp);
        }
        return json;
    }

    /** The index, or nothing when there is none that this device signed. */
    static Optional<ChainIndex> read(Storage storage, Path file, @Nullable NoteKey key) {
        return SignedFile.read(storage, file, PURPOSE, key).flatMap(body -> {
            try {
                JsonNode json = Json.MAPPER.readTree(body);
                return Optional.of(new ChainIndex(mark(json.path("sealed")), mark(json.path("end"))));
            } catch (JacksonException | IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    private static Mark mark(JsonNode json) {
        List<byte[]> tree = new ArrayList<>();
        json.path("tree").forEach(hash -> tree.add(HexFormat.of().parseHex(hash.asString())));
        List<Entry> segments = new ArrayList<>();
        for (JsonNode entry : json.path("segments")) {
            segments.add(new Entry(
                    entry.path(0).asString(),
                    entry.path(1).asLong(),
                    entry.path(2).asLong(),
                    entry.path(3).asLong(),
                    entry.path(4).asString()));
        }
        return new Mark(
                json.path("size").asLong(),
                HexFormat.of().parseHex(json.path("head").asString()),
                tree,
                json.path("checkpoints").asLong(),
                json.path("notes").asString(),
                segments);
    }

    /** What this index saw, as a witness. */
    Witness witness() {
        return new Witness(end.size, MerkleTree.restore(end.size, end.tree).root(), "this device");
    }

    /** The farthest mark whose files are untouched, or nothing. */
    Optional<Mark> usable(Storage storage, Path chain) throws IOException {
        for (Mark mark : List.of(end, sealed)) {
            if (mark.size > 0 && untouched(mark, storage, chain)) {
                return Optional.of(mark);
            }
        }
        return Optional.empty();
    }

    private static boolean untouched(Mark mark, Storage storage, Path chain) throws IOException {
        List<Path> files = Segment.files(storage, chain);
        List<Path> marked =
                mark.segments.stream().map(entry -> chain.resolve(entry.name)).toList();
        if (files.size() < marked.size() || !files.subList(0, marked.size()).equals(marked)) {
            return false;
        }
        for (Entry entry : mark.segments) {
            Path file = chain.resolve(entry.name);
            if (!storage.stamp(file).equals(entry.stamp)) {
                return false;
            }
        }
        Path checkpoints = chain.resolve("checkpoints");
        if (!storage.exists(checkpoints)) {
            return false;
        }
        byte[] notes = ChainWalk.readAll(storage, checkpoints, 0);
        return notes.length >= mark.checkpoints
                && AtomicFiles.digest(Arrays.copyOf(notes, (int) mark.checkpoints))
                        .equals(mark.notes);
    }
}
