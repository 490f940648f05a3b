package mirror.app.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/** Test folders below {@code target}: the policy is kinder to temporary folders, and a test must not pass because of that. */
final class OutsideTemp implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
        Path parent = Files.createDirectories(Path.of(System.getProperty("mirror.root"), "target", "e2e"));
        return Files.createTempDirectory(parent, "m");
    }
}
