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
        String signature = Base64.getEncoder().encodeToString(signer.sign(message(purpose, body)));
        try (Storage.Appender out = storage.append(temp)) {
            out.truncate(0);
            out.write(ByteBuffer.wrap(body));
            out.write(ByteBuffer.wrap(("\n" + signature + "\n").getBytes(StandardCharsets.US_ASCII)));
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
            String signature = new String(
                    bytes,
                    Math.min(end + 1, bytes.length),
                    Math.max(0, bytes.length - end - 2),
                    StandardCharsets.US_ASCII);
            return key.verifies(message(purpose, body), Base64.getDecoder().decode(signature))
                    ? Optional.of(body)
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static byte[] message(String purpose, byte[] body) {
        byte[] head = (purpose + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] message = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, message, head.length, body.length);
        return message;
    }
}
