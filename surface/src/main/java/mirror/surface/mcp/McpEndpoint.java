package mirror.surface.mcp;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An MCP server of tools, to be registered under one path of a Helidon server:
 * {@code routing.register("/mcp", endpoint)}.
 *
 * <p>Serves {@code POST}, {@code GET} and {@code DELETE} on that path as Streamable HTTP, and {@code POST} or {@code PUT} on
 * {@code <path>/stdio} as the stdio transport inside one full-duplex request, so that
 * {@code curl -sN -T . --unix-socket … http://mirror/mcp/stdio} is an MCP server on standard input and output. Protocol revisions
 * 2024-11-05 to 2025-11-25.
 *
 * <p>Requests from other origins and, over TCP, for other host names than loopback ones are refused; whether a local caller may
 * call is for the handlers to decide. Arguments are checked against each tool's schema before its handler sees them.
 *
 * <p>The protocol machinery is loaded and built by the first request, not by the constructor. Thread-safe. {@link #close} before
 * the web server stops: it ends open streams in good order, which Helidon would cut.
 */
public final class McpEndpoint implements HttpService, AutoCloseable {

    /**
     * How the server introduces itself.
     *
     * @param name for programs
     * @param title for people
     * @param version of the server, not of the protocol
     * @param instructions what a model should know before it uses the tools; may be empty
     */
    public record Card(String name, String title, String version, String instructions) {}

    /** How many sessions are open, calls run and event streams are being read. */
    public record Status(int sessions, int calls, int readers) {}

    private final Card card;
    private final List<McpTool> tools;
    private final Set<String> callerHeaders;
    private final McpLimits limits;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable McpRuntime runtime;
    private boolean closed;

    /**
     * @param tools in the order clients see them
     * @param callerHeaders names of the request headers to pass on in {@link Caller#headers}
     * @param clock tells when sessions expire
     * @throws IllegalArgumentException when two tools have the same name
     */
    public McpEndpoint(
            Card card, List<McpTool> tools, Set<String> callerHeaders, McpLimits limits, InstantSource clock) {
        Set<String> names = new HashSet<>();
        for (McpTool tool : tools) {
            if (!names.add(tool.name())) {
                throw new IllegalArgumentException("Two tools are named " + tool.name());
            }
        }
        this.card = card;
        this.tools = List.copyOf(tools);
        this.callerHeaders = Set.copyOf(callerHeaders.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList());
        this.limits = limits;
        this.clock = clock;
    }

    @Override
    public void routing(HttpRules rules) {
        route(rules, this::http);
    }

    /** The routes of a transport that is there already, or is made when the first request comes. */
    static void route(HttpRules rules, Supplier<HttpTransport> transport) {
        rules.post("/stdio", (req, res) -> transport.get().stdio(req, res))
                .put("/stdio", (req, res) -> transport.get().stdio(req, res))
                .post("/", (req, res) -> transport.get().post(req, res))
                .get("/", (req, res) -> transport.get().get(req, res))
                .delete("/", (req, res) -> transport.get().delete(req, res))
                .any("/", (req, res) -> transport.get().otherMethod(req, res));
    }

    /**
     * Serves one client over a byte stream, as the stdio transport has it: one message a line. Returns when the client's side
     * ends, its connection breaks or this endpoint closes; calls that still run after an orderly end are waited for, at most
     * {@link McpLimits#requestTimeout}.
     *
     * @param in read on another thread, which may still be blocked in it on return; not closed
     * @param out written by many threads, never at once; flushed after each line; not closed
     * @param headers what handlers see as {@link Caller#headers}
     */
    public void serve(InputStream in, OutputStream out, Map<String, String> headers) {
        running().stdio().serve(in, out, Map.copyOf(headers));
    }

    /** What goes on now. Does not start anything. */
    public Status status() {
        McpRuntime now = runtime;
        return now == null ? new Status(0, 0, 0) : now.status();
    }

    /** Closes sessions that expired; to be called now and then, as nothing here runs on a timer. */
    public void sweep() {
        McpRuntime now = runtime;
        if (now != null) {
            now.hub().sweep();
        }
    }

    /** Interrupts running calls, ends all sessions and streams, and refuses new ones. May be called again. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        McpRuntime now = runtime;
        if (now != null) {
            now.close();
        }
    }

    private HttpTransport http() {
        return running().http();
    }

    private McpRuntime running() {
        McpRuntime now = runtime;
        if (now != null) {
            return now;
        }
        lock.lock();
        try {
            now = runtime;
            if (now == null) {
                now = McpRuntime.start(card, tools, callerHeaders, limits, clock);
                if (closed) {
                    now.close();
                }
                runtime = now;
            }
            return now;
        } finally {
            lock.unlock();
        }
    }
}
