package mirror.tiers.gateway;

import java.util.List;
import java.util.stream.Stream;
import mirror.tiers.wire.ScriptedProvider.Script;

/** Ways in which a provider of Anthropic's dialect fails. */
final class Faults {
    private Faults() {}

    /**
     * One way.
     *
     * @param started whether the client has heard something by then, so that nobody can take over
     */
    record Fault(String name, boolean started, Script script) {
        @Override
        public String toString() {
            return name;
        }
    }

    static final String START =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":12,\"output_tokens\":1}}}\n\n";
    static final String DELTA =
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n";
    static final String USAGE =
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n";
    static final String STOP = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    static final String WHOLE = "{\"id\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":12,\"output_tokens\":7}}";

    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String JSON = OK + "content-type: application/json\r\n";
    private static final String EVENTS = OK + "content-type: text/event-stream\r\n";
    private static final String ERROR =
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";

    private static Fault early(String name, Script script) {
        return new Fault(name, false, script);
    }

    private static Fault late(String name, Script script) {
        return new Fault(name, true, script);
    }

    static Stream<Fault> all() {
        return Stream.concat(early().stream(), late().stream());
    }

    static List<Fault> early() {
        return List.of(
                early("closes at once", (_, to) -> to.close()),
                early("resets at once", (_, to) -> to.reset()),
                early("half closes and waits", (_, to) -> {
                    to.halfClose();
                    to.stall();
                }),
                early("never answers", (_, to) -> to.stall()),
                early(
                        "half a head",
                        (_, to) -> to.send("HTTP/1.1 200 OK\r\nconte").close()),
                early(
                        "head that never ends",
                        (_, to) -> to.send("HTTP/1.1 200 OK\r\nconte").stall()),
                early("no HTTP", (_, to) -> to.send("hello\r\n\r\n").close()),
                early("500", (_, to) -> to.json(500, "{}")),
                early(
                        "502 of a proxy",
                        (_, to) -> to.send(
                                "HTTP/1.1 502 Bad\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")),
                early("503", (_, to) -> to.json(503, ERROR)),
                early("529", (_, to) -> to.json(529, ERROR)),
                early("429", (_, to) -> to.json(429, "{}", "retry-after: 7")),
                early("402", (_, to) -> to.json(402, "{}")),
                early(
                        "401 that quotes the key",
                        (_, to) -> to.json(401, "{\"error\":\"bad key " + Road.SECRET + "\"}")),
                early(
                        "redirect",
                        (_, to) -> to.send(
                                "HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n")),
                early("200 without a body", (_, to) -> to.send(JSON + "content-length: 0\r\n\r\n")),
                early(
                        "200 with a page",
                        (_, to) -> to.send(OK + "content-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")),
                early(
                        "body shorter than said",
                        (_, to) -> to.send(JSON + "content-length: 500\r\n\r\n" + WHOLE)
                                .close()),
                early(
                        "body without frame, cut",
                        (_, to) ->
                                to.send(JSON + "\r\n" + WHOLE.substring(0, 30)).close()),
                early(
                        "chunks without end",
                        (_, to) -> to.send(JSON + "transfer-encoding: chunked\r\n\r\n")
                                .chunk(WHOLE)
                                .close()),
                early("malformed JSON", (_, to) -> to.json(200, "{\"usage\":{]}")),
                early(
                        "stream that ends before its first event",
                        (_, to) -> to.stream().last()),
                early(
                        "stream cut in its first event",
                        (_, to) -> to.stream().chunk(START.substring(0, 40)).close()),
                early(
                        "stream that stalls in its first event",
                        (_, to) -> to.stream().chunk(START.substring(0, 40)).stall()),
                early(
                        "stream that starts with an error",
                        (_, to) -> to.stream()
                                .chunk("event: error\ndata: " + ERROR + "\n\n")
                                .last()),
                early("two lengths", (_, to) -> to.send(JSON + "content-length: 3\r\ncontent-length: 4\r\n\r\n{}{}")));
    }

    static List<Fault> late() {
        return List.of(
                late(
                        "stream closed between events",
                        (_, to) -> to.stream().chunk(START + DELTA).close()),
                late(
                        "stream reset between events",
                        (_, to) -> to.stream().chunk(START + DELTA).reset()),
                late(
                        "stream cut inside an event",
                        (_, to) -> to.stream()
                                .chunk(START + DELTA.substring(0, 50))
                                .close()),
                late(
                        "stream that ends cleanly without its last event",
                        (_, to) -> to.stream().chunk(START + DELTA + USAGE).last()),
                late(
                        "stream that stalls",
                        (_, to) -> to.stream().chunk(START + DELTA).stall()),
                late(
                        "stream that stalls inside an event",
                        (_, to) -> to.stream()
                                .chunk(START + DELTA.substring(0, 50))
                                .stall()),
                late(
                        "broken chunk",
                        (_, to) -> to.stream().chunk(START).send("zz\r\nxx\r\n").close()),
                late(
                        "chunk longer than said",
                        (_, to) -> to.stream()
                                .chunk(START)
                                .send("3\r\nabcdef\r\n0\r\n\r\n")
                                .close()),
                late(
                        "stream without frame, cut",
                        (_, to) -> to.send(EVENTS + "\r\n" + START + DELTA).close()),
                late(
                        "stream shorter than said",
                        (_, to) -> to.send(EVENTS + "content-length: 9999\r\n\r\n" + START + DELTA)
                                .close()));
    }
}
