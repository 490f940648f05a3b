package mirror.tiers.llama;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Makes text of the bytes of tokens. A token may end within a character, and a stop text may begin in one token and end in another: what
 * could still become either is held back until it is known. Used by one thread.
 */
final class TextTail {
    private final List<String> stops;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final StringBuilder held = new StringBuilder();
    private byte[] unread = new byte[0];
    private String met = "";

    TextTail(List<String> stops) {
        this.stops = stops.stream().filter(stop -> !stop.isEmpty()).toList();
    }

    /** Adds a token's bytes and gives what can be told now. Nothing follows after a stop text. */
    String add(byte[] piece) {
        decode(piece, false);
        return told(false);
    }

    /** What is left at the end. */
    String end() {
        decode(new byte[0], true);
        return told(true);
    }

    /** The stop text at which it ended. */
    Optional<String> met() {
        return met.isEmpty() ? Optional.empty() : Optional.of(met);
    }

    private void decode(byte[] piece, boolean last) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(unread);
        all.writeBytes(piece);
        ByteBuffer in = ByteBuffer.wrap(all.toByteArray());
        CharBuffer out = CharBuffer.allocate(all.size() + 1);
        decoder.decode(in, out, last);
        if (last) {
            decoder.flush(out);
        }
        unread = new byte[in.remaining()];
        in.get(unread);
        held.append(out.flip());
    }

    private String told(boolean last) {
        if (!met.isEmpty()) {
            return "";
        }
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first || (at == first && stop.length() > met.length()))) {
                first = at;
                met = stop;
            }
        }
        int to = first >= 0 ? first : last ? held.length() : held.length() - begun();
        String told = held.substring(0, to);
        held.delete(0, to);
        return told;
    }

    /** How many of the last characters may be the begin of a stop text. */
    private int begun() {
        int most = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > most; length--) {
                if (stop.startsWith(held.substring(held.length() - length))) {
                    most = length;
                }
            }
        }
        return most;
    }
}
