package mirror.pulse.supervise;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import mirror.bus.Draft;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What services write, put aside when it is long; each time is an event, a trouble once. Thread-safe. */
final class ServiceLogs {
    private final LogKeeper files;
    private final Consumer<Draft> record;
    private final Map<String, String> troubles = new HashMap<>();

    ServiceLogs(LogKeeper files, Consumer<Draft> record) {
        this.files = files;
        this.record = record;
    }

    /** Before the first process of a service writes. */
    synchronized void fresh(Service service) throws IOException {
        files.fresh(service.name(), service.log());
    }

    /** What its owner wants kept of it is looked at. */
    synchronized void keep(Service service) {
        try {
            told(service, files.keep(service.name(), service.log()));
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(troubles.put(service.name(), why))) {
                record(
                        "mirror.service.unrotated.v1",
                        Json.object().put("service", service.name()).put("reason", why));
            }
        }
    }

    /** Puts it aside now, should it have so many bytes. */
    synchronized Optional<Rotated> rotate(Service service, long least) throws IOException {
        return told(
                service,
                files.keep(
                        service.name(),
                        new Service.LogFiles(least, service.log().keep())));
    }

    private Optional<Rotated> told(Service service, @Nullable Rotated rotated) {
        if (rotated != null) {
            record(
                    "mirror.service.rotated.v1",
                    Json.object()
                            .put("service", service.name())
                            .put("bytes", rotated.bytes())
                            .put("lossless", rotated.lossless()));
        }
        return Optional.ofNullable(rotated);
    }

    private void record(String type, ObjectNode data) {
        record.accept(
                Draft.of(type, "daemon", data).subject(data.path("service").asString()));
    }
}
