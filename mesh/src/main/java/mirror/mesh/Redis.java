package mirror.mesh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * One connection, and the few commands that the transport needs, on bytes: what is read is exactly what was stored. Used by one
 * thread; {@link #abort} may be called by another.
 */
final class Redis implements AutoCloseable {
    private final Connection connection;

    /** One entry of a stream. The field is empty when the entry has not exactly one. */
    record Entry(StreamId id, String field, byte[] value) {}

    /** Where to read a stream: what comes after {@code after}. */
    record From(String key, StreamId after) {}

    private Redis(Connection connection) {
        this.connection = connection;
    }

    static Redis connect(RedisAddress address) {
        return new Redis(new Connection(address::socket, address.login()));
    }

    // ---- pipelined

    /**
     * Appends, if the stream is there or {@code create}; the reply is the id, or null when there is no stream. Sent with
     * {@link #replies}.
     */
    void append(String key, StreamId id, String field, byte[] value, boolean create, int keep) {
        CommandArguments command = command(Command.XADD, key);
        if (!create) {
            command.add("NOMKSTREAM");
        }
        command.add("MAXLEN").add("~").add(keep).add(id.toString()).add(field).add(value);
        connection.sendCommand(command);
    }

    void delete(String key) {
        connection.sendCommand(command(Command.DEL, key));
    }

    void expire(String key, long millis) {
        connection.sendCommand(command(Command.PEXPIRE, key).add(millis));
    }

    /** Sends what waits and reads as many replies; a command's failure is a {@link JedisDataException} in its place. */
    List<Object> replies(int count) {
        return connection.getMany(count);
    }

    // ---- one at a time

    /** Id of the last entry the stream ever had, or null when there is no stream or nothing in it. */
    @Nullable
    StreamId top(String key) {
        List<?> info;
        try {
            info = list(
                    execute(new CommandArguments(Command.XINFO).add("STREAM").add(key)));
        } catch (JedisDataException e) {
            if (String.valueOf(e.getMessage()).contains("no such key")) {
                return null;
            }
            throw e;
        }
        StreamId top = null;
        for (int i = 0; i + 1 < info.size(); i += 2) {
            String name = text(info.get(i));
            if (name.equals("length") && Long.valueOf(0).equals(info.get(i + 1))) {
                return null;
            }
            if (name.equals("last-generated-id")) {
                top = StreamId.parse((byte[]) info.get(i + 1));
            }
        }
        return top;
    }

    /** The entry at exactly this place, or null. */
    @Nullable
    Entry entry(String key, StreamId id) {
        List<Entry> found =
                entries(execute(command(Command.XRANGE, key).add(id.toString()).add(id.toString())));
        return found.isEmpty() ? null : found.getFirst();
    }

    /** Entries of each stream, in the order asked; waits up to {@code millis} for the first. */
    List<List<Entry>> read(long millis, int count, List<From> streams) {
        CommandArguments command = new CommandArguments(Command.XREAD)
                .add("COUNT")
                .add(count)
                .add("BLOCK")
                .add(millis)
                .add("STREAMS");
        streams.forEach(stream -> command.add(stream.key));
        streams.forEach(stream -> command.add(stream.after.toString()));
        List<?> reply = list(execute(command));
        List<List<Entry>> all = new ArrayList<>();
        for (From stream : streams) {
            List<Entry> entries = List.of();
            for (Object one : reply) {
                if (text(list(one).getFirst()).equals(stream.key)) {
                    entries = entries(list(one).getLast());
                }
            }
            all.add(entries);
        }
        return all;
    }

    /** Moves a key out of the way, over what was put there before. */
    void rename(String key, String to) {
        execute(command(Command.RENAME, key).add(to));
    }

    void push(String list, String value) {
        execute(command(Command.RPUSH, list).add(value));
    }

    /** Takes up to {@code count} values from a list's front; waits up to a second for the first. */
    List<String> take(String list, int count) {
        List<String> values = new ArrayList<>();
        List<?> first = list(execute(command(Command.BLPOP, list).add(1)));
        if (!first.isEmpty()) {
            values.add(text(first.getLast()));
            list(execute(command(Command.LPOP, list).add(count - 1))).forEach(value -> values.add(text(value)));
        }
        return values;
    }

    /** Keeps the last {@code count} values of a list. */
    void trim(String list, int count) {
        execute(command(Command.LTRIM, list).add(-count).add(-1));
    }

    private static CommandArguments command(Command name, String key) {
        return new CommandArguments(name).add(key);
    }

    private @Nullable Object execute(CommandArguments command) {
        return connection.executeCommand(command);
    }

    private static List<Entry> entries(@Nullable Object reply) {
        List<Entry> entries = new ArrayList<>();
        for (Object one : list(reply)) {
            StreamId id = StreamId.parse((byte[]) list(one).getFirst());
            List<?> fields = list(list(one).getLast());
            entries.add(
                    fields.size() == 2
                            ? new Entry(id, text(fields.getFirst()), (byte[]) fields.getLast())
                            : new Entry(id, "", new byte[0]));
        }
        return entries;
    }

    /** A reply of several values; nil is none. */
    private static List<?> list(@Nullable Object reply) {
        return reply instanceof List<?> values ? values : List.of();
    }

    private static String text(@Nullable Object bulk) {
        return bulk instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
    }

    static boolean wrongType(RuntimeException e) {
        return String.valueOf(e.getMessage()).startsWith("WRONGTYPE");
    }

    /** What went wrong, for the owner. */
    static String sentence(RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case JedisDataException _
            when message.startsWith("NOAUTH") -> "Redis wants a password, and the URL has none";
            case JedisAccessControlException _ -> "Redis does not let Mirror in: " + message;
            case JedisDataException _ -> "Redis refused a command: " + message;
            case JedisConnectionException _ -> "Redis does not answer: " + (e.getCause() == null ? message : root(e));
            case JedisException _ -> "Redis cannot be used: " + root(e);
            case TransportException _ -> message;
            default -> "the transport failed: " + e;
        };
    }

    private static String root(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    /** Cuts the connection under the thread that uses it. */
    void abort() {
        try {
            connection.forceDisconnect();
        } catch (IOException | JedisException e) {
            // It is cut already, which is what was wanted.
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (JedisException e) {
            // Nothing is lost: every reply that mattered was read before.
        }
    }
}
