package mirror.tiers.swarm;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.util.Locale;

/** How far a task is, by its events. Guarded by whoever holds it. */
@JsonAutoDetect(
        fieldVisibility = Visibility.ANY,
        getterVisibility = Visibility.NONE,
        isGetterVisibility = Visibility.NONE)
public final class TaskState {
    /** The states of a task. */
    public enum State {
        /** For what it needs, or for its turn. */
        WAITING,
        RUNNING,
        /** It asked for children and waits for them. */
        BRANCHED,
        FINISHED,
        /** Its attempts are used up. */
        FAILED,
        /** The gate, its lease, its budget or its check said no. */
        STOPPED,
        /** What it needs did not finish. */
        SKIPPED,
        CANCELLED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isEnd() {
            return this != WAITING && this != RUNNING && this != BRANCHED;
        }
    }

    private Task task;
    State state = State.WAITING;
    int attempts;
    int round = 1;
    String reason = "";
    String first = "";
    String head = "";
    String digest = "";
    int length;
    long event;
    long in;
    long out;
    Purse given = Purse.EMPTY;
    Spending spending = new Spending();

    TaskState(Task task) {
        this.task = task;
    }

    /** For the reader of snapshots, which sets all fields. */
    @SuppressWarnings({"NullAway.Init", "unused"})
    private TaskState() {}

    public Task task() {
        return task;
    }

    public String id() {
        return task.id();
    }

    public State state() {
        return state;
    }

    /** How often it was begun since it was last told to. */
    public int attempts() {
        return attempts;
    }

    /** 2 once its children were asked for. */
    int round() {
        return round;
    }

    /** Why it is in its state, or why it is tried again; may be empty. */
    public String reason() {
        return reason;
    }

    /** The start of what it answered before its children were asked. */
    String first() {
        return first;
    }

    /** The start of its result. */
    public String head() {
        return head;
    }

    /** SHA-256 of the whole result, or empty. */
    public String digest() {
        return digest;
    }

    /** Characters of the whole result. */
    public int length() {
        return length;
    }

    /** Place in the log of the event that has the whole result; 0 without one. */
    public long event() {
        return event;
    }

    /** What it used, without its children. */
    Purse spent() {
        return spending.purse();
    }

    /** What it may still spend itself: what it gave to children is theirs. */
    Purse left() {
        return task.purse().minus(given).minus(spent());
    }
}
