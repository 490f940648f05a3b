package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The saved state of all projections, so that a start need not fold the whole log. Signed by the device, bound to the event it stands
 * at, disposable: one that does not fit in any way is not used, and the state is folded from the first event.
 */
final class Snapshots {
    private static final String PURPOSE = "mirror.snapshot.v1";

    private final Path file;
    private final Storage storage;
    private final NoteSigner signer;

    Snapshots(Home home, String origin, Storage storage, NoteSigner signer) {
        this.file = home.index().resolve(origin + ".state");
        this.storage = storage;
        this.signer = signer;
    }

    /** @param last the event after which the projections are as they are */
    void write(Event last, List<Projection> projections) throws IOException {
        ObjectNode json = Json.object().put("seq", last.seq()).put("hash", last.hash());
        ObjectNode states = json.putObject("states");
        for (Projection projection : projections) {
            states.putObject(projection.name())
                    .put("version", projection.version())
                    .set("state", projection.save());
        }
        SignedFile.write(storage, file, PURPOSE, Json.MAPPER.writeValueAsBytes(json), signer);
    }

    void remove() throws IOException {
        storage.delete(file);
    }

    /**
     * Restores all projections, or none.
     *
     * @return the number of the event they stand at; 0 when there is no snapshot that fits, and the projections are untouched
     */
    long restore(EventLog log, List<Projection> projections) {
        byte[] body = SignedFile.read(storage, file, PURPOSE, signer.key(log.origin()))
                .orElse(null);
        if (body == null) {
            return 0;
        }
        try {
            JsonNode json = Json.MAPPER.readTree(body);
            long seq = json.path("seq").asLong();
            List<Event> event = log.read(seq, 1);
            if (event.isEmpty()
                    || !event.getFirst().hash().equals(json.path("hash").asString())) {
                return 0;
            }
            for (Projection projection : projections) {
                if (json.path("states").path(projection.name()).path("version").asInt(-1) != projection.version()) {
                    return 0;
                }
            }
            for (Projection projection : projections) {
                projection.restore(json.path("states").path(projection.name()).path("state"));
            }
            return seq;
        } catch (JacksonException | BusException e) {
            return 0;
        }
    }
}
