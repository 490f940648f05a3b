package mirror.tiers.dialect;

import tools.jackson.databind.node.ObjectNode;

/** A reply that comes as server-sent events, each with one JSON object. Comments between them only say that somebody is there. */
abstract class EventReplyState extends ReplyState implements SseParser.Sink {
    private final SseParser parser = new SseParser(MOST_BYTES);

    EventReplyState(Exchange exchange) {
        super(exchange);
    }

    /** @param name of the event, empty when it has none */
    abstract void event(String name, ObjectNode event);

    @Override
    final void read(byte[] bytes, int offset, int length) throws SseParser.TooLarge {
        parser.feed(bytes, offset, length, this);
    }

    @Override
    public final void comment() {
        emit(new StreamEvent.Ping());
    }

    @Override
    public void event(String name, byte[] data) {
        if (over()) {
            return;
        }
        ObjectNode event = Trees.object(data);
        if (event == null) {
            throw Answers.notUnderstood("an event is not one JSON object");
        }
        event(name, event);
    }
}
