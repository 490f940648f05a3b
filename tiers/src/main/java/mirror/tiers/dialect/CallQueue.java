package mirror.tiers.dialect;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts calls of tools that come in mixed pieces one after the other. The first call goes out as it comes. What comes while its arguments are not whole
 * waits behind it; once they are, it is closed as soon as something follows. So the usual stream, one call after the other, is not held up, and an
 * interleaved one comes out in order.
 */
final class CallQueue {
    private static final int MOST_CALLS = 1000;

    private static final class Item {
        final JsonSpan span = new JsonSpan();
        final StringBuilder waiting = new StringBuilder();
        final boolean call;
        String id = "";
        String name = "";
        boolean opened;
        boolean closed;

        Item(boolean call) {
            this.call = call;
        }
    }

    private final ReplyState state;
    private final Deque<Item> items = new ArrayDeque<>();
    private final Map<Long, Item> byIndex = new HashMap<>();
    private final Set<String> ids = new HashSet<>();
    private int calls;
    private long last = -1;
    private long held;

    CallQueue(ReplyState state) {
        this.state = state;
    }

    boolean open() {
        return items.stream().anyMatch(item -> item.call && !item.span.whole());
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    /** Text that came after a call. */
    void words(String piece) {
        if (items.isEmpty()) {
            state.text(piece);
            return;
        }
        if (items.getLast().call) {
            items.add(new Item(false));
        }
        hold(items.getLast(), piece);
        advance();
    }

    /**
     * @param index the provider's number of the call; below zero: it gave none
     * @param id empty unless this piece begins a call
     */
    void call(long index, String id, String name, String piece) {
        Item item = item(index, id, name);
        if (item.name.isEmpty()) {
            item.name = name;
        }
        if (item.span.addAndSeeMore(piece)) {
            throw Answers.notUnderstood("the arguments of a call are more than one JSON object");
        }
        if (item.closed) {
            return;
        }
        if (item.opened) {
            state.arguments(piece);
        } else {
            hold(item, piece);
        }
        advance();
    }

    private Item item(long given, String id, String name) {
        boolean begins = !id.isEmpty() && !name.isEmpty();
        long index = given >= 0 ? given : begins && !ids.contains(id) ? last + 1 : Math.max(last, 0);
        Item known = byIndex.get(index);
        // Some servers give every call the same index.
        if (known != null && !(begins && !id.equals(known.id) && !known.name.isEmpty())) {
            return known;
        }
        if (++calls > MOST_CALLS) {
            throw Answers.notUnderstood("it calls more than " + MOST_CALLS + " tools");
        }
        Item item = new Item(true);
        item.id = id.isEmpty() || !ids.add(id) ? ToolIds.made(state.exchange, calls - 1) : id;
        byIndex.put(index, item);
        last = Math.max(last, index);
        items.add(item);
        return item;
    }

    private void hold(Item item, String piece) {
        held += piece.length();
        if (held > ReplyState.MOST_BYTES) {
            throw Answers.notUnderstood("its calls of tools are larger than 32 MiB");
        }
        item.waiting.append(piece);
    }

    private void advance() {
        while (!items.isEmpty()) {
            Item head = items.getFirst();
            open(head);
            boolean done = !head.call || (head.opened && head.span.whole() && items.size() > 1);
            if (!done) {
                return;
            }
            close(head);
        }
    }

    private void open(Item item) {
        if (!item.call) {
            state.text(take(item));
        } else if (!item.opened && !item.name.isEmpty()) {
            item.opened = true;
            state.tool(item.id, item.name);
            state.arguments(take(item));
        }
    }

    private String take(Item item) {
        String text = item.waiting.toString();
        held -= text.length();
        item.waiting.setLength(0);
        return text;
    }

    private void close(Item item) {
        item.closed = true;
        items.removeFirst();
        if (item.call) {
            state.close();
        }
    }

    /** Lets out what waits. Only a limit may have cut arguments. */
    void finish(@Nullable Stop stop) {
        boolean mayBeCut = stop == Stop.MAX_TOKENS || stop == Stop.CONTEXT_FULL || stop == Stop.REFUSAL;
        while (!items.isEmpty()) {
            Item item = items.getFirst();
            open(item);
            if (item.call && !item.opened) {
                throw Answers.notUnderstood("a call of a tool does not name it");
            }
            if (item.call && item.span.blank() && !mayBeCut) {
                state.arguments("{}");
            } else if (item.call && !item.span.whole() && !mayBeCut) {
                throw Answers.notUnderstood("the arguments of a call are not whole");
            }
            close(item);
        }
    }
}
