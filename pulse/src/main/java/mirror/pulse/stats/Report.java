package mirror.pulse.stats;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.trust.DeviceKey;
import mirror.trust.Statement;
import mirror.trust.TrustException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Numbers as of one event of one log. Signed it is an in-toto Statement in a DSSE envelope: the subjects are the numbers by their
 * digests, the predicate says what they are. No clock goes into it, so the same log and the same event give the same bytes. Immutable.
 */
public record Report(Head head, List<Figure> figures) {
    public static final String PREDICATE = "https://mirror.invalid/stats/v1";

    /** More than all numbers take. */
    public static final int MAX_BYTES = 512 * 1024;

    public Report {
        figures = List.copyOf(figures);
    }

    public Optional<Figure> figure(String name) {
        return figures.stream().filter(each -> each.name().equals(name)).findFirst();
    }

    /** With these numbers alone. */
    public Report only(Collection<String> names) {
        return new Report(
                head,
                figures.stream().filter(each -> names.contains(each.name())).toList());
    }

    /** What the predicate of the signed statement says; each number with its digest. */
    public ObjectNode json() {
        ObjectNode json = Json.object();
        json.putObject("head")
                .put("origin", head.origin())
                .put("seq", head.seq())
                .put("hash", head.hash())
                .put("time", head.time().toString());
        var numbers = json.putArray("numbers");
        for (Figure figure : figures) {
            ObjectNode number = numbers.addObject().put("name", figure.name());
            figure.write(number);
            number.put("unit", figure.unit())
                    .put("definition", figure.says())
                    .put("query", figure.query())
                    .put("sha256", figure.digest(head));
        }
        return json;
    }

    /** As a signed envelope: one line with its line feed. */
    public String signed(DeviceKey key) {
        return new Statement(
                        figures.stream()
                                .map(each -> new Statement.Subject(each.name(), each.digest(head)))
                                .toList(),
                        PREDICATE,
                        json())
                .signed(key);
    }

    /**
     * What a signed envelope says.
     *
     * @throws TrustException when {@code key} did not sign it in exactly these bytes, it is about another log than the key's name says, or it
     *     is not about numbers
     */
    public static Report open(byte[] envelope, NoteKey key) {
        Statement statement = Statement.open(envelope, key);
        if (!statement.predicateType().equals(PREDICATE)) {
            throw new TrustException("what was signed are not numbers of Mirror");
        }
        try {
            JsonNode head = statement.predicate().path("head");
            List<Figure> figures = new ArrayList<>();
            for (JsonNode each : statement.predicate().path("numbers")) {
                JsonNode value = each.path("value");
                figures.add(new Figure(
                        each.path("name").asString(""),
                        value.isNumber()
                                ? new Value(value.decimalValue(), "")
                                : Value.unknown(each.path("unknown").asString("")),
                        each.path("unit").asString(""),
                        each.path("definition").asString(""),
                        each.path("query").asString("")));
            }
            Report report = new Report(
                    new Head(
                            head.path("origin").asString(""),
                            head.path("seq").asLong(0),
                            head.path("hash").asString(""),
                            Instant.parse(head.path("time").asString(""))),
                    figures);
            if (!text(report.json()).equals(text(statement.predicate()))
                    || !statement
                            .subjects()
                            .equals(figures.stream()
                                    .map(one -> new Statement.Subject(one.name(), one.digest(report.head)))
                                    .toList())) {
                throw new TrustException("the signed numbers are not in the form that Mirror writes");
            }
            if (!report.head.hash().matches("[0-9a-f]{64}")) {
                throw new TrustException("the signed numbers do not say which event they are of");
            }
            if (!report.head.origin().equals(key.name())) {
                throw new TrustException("the signed numbers are of another log than the key is of");
            }
            return report;
        } catch (DateTimeException e) {
            throw new TrustException("the signed numbers are not in the form that Mirror writes", e);
        }
    }

    private static String text(ObjectNode json) {
        return Json.MAPPER.writeValueAsString(json);
    }
}
