package mirror.bus;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file of the disposable {@code idx/} folder: two lines, the body and a signature by the device key over the body's purpose and
 * bytes. It saves time and is never the truth: whatever is wrong with it, the answer is that there is none.
 *
 * <p>Must never: give out a body that this device did not sign for this purpose.
 */
final class SignedFile {
    private SignedFile() {}

    /** Replaces the file. Not flushed: after a power cut it may be gone or torn, which {@link #read} then finds. */
    static void write(Storage storage, Path file, String purpose, byte[] body, NoteSigner signer) throws IOException {
        storage.createDirectories(requireNonNull(file.getParent()));
        Path temp = file.resolveSibling(file.getFileName() + ".tmp");
        try (Storage.Appender out = storage.append(temp)) {
            out.truncate(0);
            out.write(ByteBuffer.wrap(text(body, signer.sign(message(purpose, body)))));
        }
        storage.rename(temp, file);
    }

    static Optional<byte[]> read(Storage storage, Path file, String purpose, @Nullable NoteKey key) {
        try {
            if (key == null || !storage.exists(file)) {
                return Optional.empty();
            }
            byte[] bytes = ChainWalk.readAll(storage, file, 0);
            int end = 0;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            byte[] body = Arrays.copyOf(bytes, end);
            byte[] signature = Base64.getMimeDecoder().decode(Arrays.copyOfRange(bytes, end, bytes.length));
            return Arrays.equals(bytes, text(body, signature)) && key.verifies(message(purpose, body), signature)
                    ? Optional.of(body)
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static byte[] text(byte[] body, byte[] signature) {
        return join(
                body,
                ("\n" + Base64.getEncoder().encodeToString(signature) + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] message(String purpose, byte[] body) {
        return join((purpose + "\n").getBytes(StandardCharsets.US_ASCII), body);
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
