package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import mirror.bus.VerifyReport.Finding;
import mirror.bus.VerifyReport.Verdict;

/** Checks the payloads that stand outside the lines: each is what its line names, or an event says that it was erased. */
final class Payloads {
    private static final String ERASED = "\"type\":\"mirror.blob.erased.v1\"";

    private final Storage storage;
    private final Blobs blobs;

    Payloads(Home home, Storage storage) {
        this.storage = storage;
        this.blobs = new Blobs(home.blobs(), storage);
    }

    List<Finding> check(SortedMap<Long, BlobRef> payloads, List<Segment> segments) throws IOException {
        List<Finding> findings = new ArrayList<>();
        Set<String> whole = new HashSet<>();
        Set<String> erased = null;
        for (Map.Entry<Long, BlobRef> each : payloads.entrySet()) {
            String hash = each.getValue().hash();
            Path file = blobs.file(hash);
            if (whole.contains(hash)) {
                continue;
            }
            Verdict verdict = blobs.check(hash, _ -> {});
            if (verdict == Verdict.INTACT) {
                whole.add(hash);
                continue;
            }
            if (verdict == Verdict.ALTERED) {
                findings.add(new Finding(
                        Verdict.ALTERED,
                        file.toString(),
                        0,
                        each.getKey(),
                        "the payload of event " + each.getKey() + " was altered; restore the file from a backup"));
                continue;
            }
            if (erased == null) {
                erased = erased(segments);
            }
            if (!erased.contains(hash)) {
                findings.add(new Finding(
                        Verdict.MISSING,
                        file.toString(),
                        0,
                        each.getKey(),
                        "the payload of event " + each.getKey() + " is gone, and no event says that it was erased"));
            }
        }
        return findings;
    }

    /** Read only when a payload is not there. */
    private Set<String> erased(List<Segment> segments) throws IOException {
        Set<String> erased = new HashSet<>();
        for (Segment segment : segments) {
            try (LineReader lines = new LineReader(Segment.open(storage, segment.file()), 0)) {
                while (lines.next() && lines.offset() < segment.end()) {
                    byte[] line = lines.copy();
                    if (new String(line, StandardCharsets.ISO_8859_1).contains(ERASED)) {
                        Event event = EventLine.parse(line);
                        if (event.type().equals("mirror.blob.erased.v1")) {
                            erased.add(event.text("blob"));
                        }
                    }
                }
            }
        }
        return erased;
    }
}
