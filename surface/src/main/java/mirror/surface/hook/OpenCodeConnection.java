package mirror.surface.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mirror.bus.FileStore;
import mirror.bus.Home;
import org.jspecify.annotations.Nullable;

/**
 * OpenCode: one plugin file of Mirror's own, which asks the hook client and puts the MCP server into the client's configuration when it
 * is loaded. No file of the owner is changed.
 */
public final class OpenCodeConnection extends Connection {
    private static final String FIRST = "// Mirror's plugin for OpenCode";

    public OpenCodeConnection(Home home, Path launcher, FileStore files) {
        // The client's wait for a plugin has no end.
        super(home, launcher, files, PATIENCE, "opencode");
    }

    @Override
    public String title() {
        return "OpenCode";
    }

    @Override
    public String measured() {
        return "1.18.33";
    }

    @Override
    Dialect dialect() {
        return new OpenCodeDialect();
    }

    @Override
    public List<String> caveats() {
        return List.of(
                "'opencode --pure' loads no plugins, and so runs without Mirror; docs/clients/opencode.md says what else does");
    }

    @Override
    public List<Change> plan(Scope scope) throws IOException, Refused {
        if (scope.project() != null) {
            throw new Refused("OpenCode is connected for all projects or for none: leave --project away");
        }
        Path file = settings(scope.user(), scope.folders().get(name()));
        byte[] before = existing(file);
        if (before != null && !isOurs(before)) {
            throw new Refused(file + " is not Mirror's plugin; move it away first, nothing was changed");
        }
        Change change = new Change(file, before, plugin());
        return change.changes() ? List.of(change) : List.of();
    }

    @Override
    public Path settings(Path user, @Nullable String folder) {
        return (folder == null ? user.resolve(".config") : Path.of(folder)).resolve("opencode/plugin/mirror.js");
    }

    private byte[] plugin() throws IOException {
        return Shim.template("opencode.js")
                .replace("@SHIM@", literal(shim()))
                .replace("@LAUNCHER@", literal(launcher))
                .replace("@HOME@", literal(home.root()))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The inside of a string in JavaScript. */
    private static String literal(Path path) {
        return path.toString().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    private static boolean isOurs(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).startsWith(FIRST);
    }

    @Override
    byte[] without(Path file, byte[] bytes) {
        return isOurs(bytes) ? new byte[0] : bytes;
    }

    @Override
    boolean isBlank(Path file, byte[] bytes) {
        return bytes.length == 0;
    }

    @Override
    boolean holdsHooks(Path file) {
        return true;
    }

    @Override
    public List<String> faults(String file) {
        List<String> faults = new ArrayList<>();
        try {
            for (Path plugin : connected()) {
                if (!Files.exists(plugin)) {
                    faults.add(plugin + " is gone; " + reconnect());
                } else if (!Arrays.equals(Files.readAllBytes(plugin), plugin())) {
                    faults.add(plugin + " was changed; " + reconnect());
                }
            }
        } catch (IOException e) {
            faults.add(String.valueOf(e.getMessage()));
        }
        return faults;
    }
}
