package mirror.surface;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mirror.bus.Json;
import mirror.surface.cli.Call;
import mirror.surface.cli.CliException;
import mirror.surface.cli.Commands;
import mirror.surface.cli.Exit;
import mirror.surface.cli.Out;
import mirror.surface.hook.HookReply;
import mirror.surface.hook.Hooks;
import org.jspecify.annotations.Nullable;

/**
 * What the launcher and the hook clients speak, HTTP/1.1 over the Unix socket in the owner's own folder. File permissions are the
 * only authentication: whoever can open the socket is the owner's user.
 *
 * <ul>
 *   <li>{@code POST /cli/{command}}: form fields {@code a} (arguments, in order), {@code cwd}, {@code home}, clients' folders by the client's
 *       name, {@code color}, {@code width}. Answers the text for standard output; the header {@code mirror-exit} is the exit code,
 *       {@code mirror-error} one line for standard error, {@code mirror-confirm} a question for the person. Of an answer that was
 *       streamed the first two come again as trailers, and those count.
 *   <li>{@code POST /tools/{server}}: an array of MCP tools; answers which of them {@code mirror mcp guard} has to withhold.
 *   <li>{@code POST /hook/{client}/{event}} and {@code /hook/wait/{approval}}: see {@link HookReply}.
 * </ul>
 */
public final class LocalApi implements HttpService {
    private static final HeaderName EXIT = HeaderNames.create("mirror-exit");
    private static final HeaderName ERROR = HeaderNames.create("mirror-error");
    private static final HeaderName CONFIRM = HeaderNames.create("mirror-confirm");

    /** A hook's input holds at most what a model wrote in one call. */
    private static final int MAX_BODY = 64 * 1024 * 1024;

    private final Commands commands;
    private final Hooks hooks;

    public LocalApi(Commands commands, Hooks hooks) {
        this.commands = commands;
        this.hooks = hooks;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.post("/cli/{command}", this::command)
                // The first route that fits is taken: no client is called 'wait'.
                .post("/hook/wait/{approval}", this::await)
                .post("/hook/{client}/{event}", this::hook)
                .post("/tools/{server}", this::tools);
    }

    private void hook(ServerRequest request, ServerResponse response) throws IOException {
        byte[] body = body(request);
        var names = request.path().pathParameters();
        send(response, hooks.handle(names.get("client"), names.get("event"), body));
    }

    private void await(ServerRequest request, ServerResponse response) throws IOException, InterruptedException {
        body(request);
        send(response, hooks.poll(request.path().pathParameters().get("approval")));
    }

    private void tools(ServerRequest request, ServerResponse response) throws IOException {
        var withheld = Json.object();
        hooks.withheld(request.path().pathParameters().get("server"), body(request))
                .forEach(withheld.putObject("withheld")::put);
        response.header(HeaderNames.CONTENT_TYPE, "application/json").send(Json.MAPPER.writeValueAsBytes(withheld));
    }

    private static void send(ServerResponse response, HookReply reply) {
        response.header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
        response.send(reply.wire().getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] body(ServerRequest request) throws IOException {
        try (var in = request.content().inputStream()) {
            byte[] bytes = in.readNBytes(MAX_BODY + 1);
            if (bytes.length > MAX_BODY) {
                throw new IOException("the request is larger than " + MAX_BODY + " bytes");
            }
            return bytes;
        }
    }

    private void command(ServerRequest request, ServerResponse response) throws IOException, InterruptedException {
        Map<String, String> fields = new HashMap<>();
        List<String> args = new ArrayList<>();
        for (String pair : new String(body(request), StandardCharsets.UTF_8).split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                String value = URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
                if (pair.substring(0, equals).equals("a")) {
                    args.add(value);
                } else {
                    fields.put(pair.substring(0, equals), value);
                }
            }
        }
        HttpOut out = new HttpOut(response);
        int exit;
        String error = null;
        try {
            exit = commands.run(request.path().pathParameters().get("command"), call(args, fields), out);
        } catch (CliException e) {
            exit = e.exit();
            error = e.getMessage();
        } catch (IOException | RuntimeException e) {
            exit = Exit.NO;
            error = "the command failed: " + e;
        }
        out.end(exit, error);
    }

    private static Call call(List<String> args, Map<String, String> fields) {
        String width = fields.getOrDefault("width", "");
        String pid = fields.getOrDefault("pid", "");
        return new Call(
                args,
                Path.of(fields.getOrDefault("cwd", "/")),
                Path.of(fields.getOrDefault("home", "/")),
                Call.folders(fields),
                fields.getOrDefault("color", "").equals("1"),
                width.matches("[0-9]{1,4}") ? Math.max(40, Integer.parseInt(width)) : 100,
                pid.matches("[0-9]{1,9}")
                        ? ProcessHandle.of(Long.parseLong(pid)).orElse(null)
                        : null);
    }

    /** Holds the text back so that the headers can tell how it ended; a flush gives that up and streams. */
    private static final class HttpOut implements Out {
        private final ServerResponse response;
        private final StringBuilder text = new StringBuilder();
        private @Nullable OutputStream stream;

        HttpOut(ServerResponse response) {
            this.response = response;
            response.header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
        }

        @Override
        public void print(String more) {
            text.append(more);
        }

        @Override
        public void flush() throws IOException {
            OutputStream out = stream;
            if (out == null) {
                response.header(EXIT, "0").header(HeaderNames.TRAILER, EXIT.defaultCase() + ", " + ERROR.defaultCase());
                out = response.outputStream();
                stream = out;
            }
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            text.setLength(0);
            out.flush();
        }

        @Override
        public void confirm(String question) {
            response.header(CONFIRM, header(question));
        }

        void end(int exit, @Nullable String error) throws IOException {
            if (stream != null) {
                flush();
                response.trailers().set(EXIT, String.valueOf(exit));
                if (error != null) {
                    response.trailers().set(ERROR, header(error));
                }
                Objects.requireNonNull(stream).close();
                return;
            }
            response.status(Status.OK_200).header(EXIT, String.valueOf(exit));
            if (error != null) {
                response.header(ERROR, header(error));
            }
            response.send(text.toString().getBytes(StandardCharsets.UTF_8));
        }

        /** One line, bytes as they are: HTTP calls them opaque, and the launcher copies them to the terminal. */
        private static String header(String text) {
            StringBuilder out = new StringBuilder();
            for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
                out.append((b & 0xff) < 0x20 || b == 0x7f ? ' ' : (char) (b & 0xff));
            }
            return out.toString();
        }
    }
}
