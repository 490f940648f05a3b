package mirror.app.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * The small world one end-to-end test gives its client: a home, a git project and a temp folder, all below a folder of
 * the test. It must never touch the real home.
 */
record Workspace(Path root, Path home, Path project, Path tmp) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Workspace in(Path root) {
        var workspace = new Workspace(root, root.resolve("home"), root.resolve("project"), root.resolve("tmp"));
        try {
            for (Path folder : List.of(workspace.home, workspace.project, workspace.tmp)) {
                Files.createDirectories(folder);
            }
            var git = new ProcessBuilder("git", "init", "--quiet", workspace.project.toString());
            git.environment().clear();
            git.environment().putAll(workspace.environment());
            int exit = git.inheritIO().start().waitFor();
            if (exit != 0) {
                throw new IllegalStateException("git init in " + workspace.project + " ended with " + exit);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not lay out the workspace " + root, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in git init", e);
        }
        return workspace;
    }

    /** The whole environment a process of this world starts with; nothing else of ours leaks in. */
    Map<String, String> environment() {
        String path = System.getenv("PATH");
        return Map.of(
                "PATH",
                path == null ? "/usr/local/bin:/usr/bin:/bin" : path,
                "HOME",
                home.toString(),
                "TMPDIR",
                tmp.toString(),
                "LANG",
                "C.UTF-8");
    }

    /** Writes {@code ~/.claude/settings.json}. */
    Path userSettings(Map<String, ?> settings) {
        return write(home.resolve(".claude/settings.json"), JSON.writeValueAsString(settings));
    }

    /** Writes {@code .claude/settings.json} of the project. */
    Path projectSettings(Map<String, ?> settings) {
        return write(project.resolve(".claude/settings.json"), JSON.writeValueAsString(settings));
    }

    /** Writes an executable {@code sh} script outside the project and answers its path. */
    Path script(String name, String body) {
        Path script = write(root.resolve("bin").resolve(name), "#!/bin/sh\n" + body + "\n");
        try {
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException("could not make " + script + " executable", e);
        }
        return script;
    }

    /** The {@code hooks} part of settings: one command for these events, whatever the tool. */
    static Map<String, ?> hooks(Path command, String... events) {
        var handler = Map.of("type", "command", "command", command.toString(), "args", List.of());
        return Stream.of(events)
                .collect(Collectors.toMap(Function.identity(), event -> List.of(Map.of("hooks", List.of(handler)))));
    }

    static Path write(Path file, String text) {
        try {
            Path folder = file.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + file, e);
        }
    }
}
