package mirror.bus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * {@code VERIFY.md} in the home: how to check the log with a shell, jq and OpenSSL, by somebody who does not believe Mirror. Its
 * fenced {@code sh} blocks, one after the other, are a program, and a test runs exactly these.
 */
public final class VerifyGuide {
    private VerifyGuide() {}

    /** Writes the page for one log into the home, unless it is there already in the same bytes. */
    public static void write(Home home, String origin) throws IOException {
        Path file = home.verifyGuide();
        byte[] text = text(origin).getBytes(StandardCharsets.UTF_8);
        if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), text)) {
            AtomicFiles.write(file, text);
        }
    }

    /** The page. */
    static String text(String origin) {
        // The name goes into shell code.
        if (!origin.matches("[A-Za-z0-9._-]+")) {
            throw new IllegalArgumentException("'" + origin + "' is not the name of a log");
        }
        try (InputStream page = VerifyGuide.class.getResourceAsStream("VERIFY.md")) {
            if (page == null) {
                throw new IllegalStateException("VERIFY.md is missing from the program");
            }
            return new String(page.readAllBytes(), StandardCharsets.UTF_8).replace("{{origin}}", origin);
        } catch (IOException e) {
            throw new IllegalStateException("VERIFY.md cannot be read from the program", e);
        }
    }
}
