package mirror.trust.yaml;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * YAML 1.2 without what could surprise: no key twice, no alias that stands for a collection, no tag that makes an object, one document, a
 * bounded size. Stateless.
 */
public final class StrictYaml {
    private static final int LONGEST_REASON = 300;

    private StrictYaml() {}

    /** Why a text is not read; one line that begins with "it is". */
    public static final class NotYaml extends Exception {
        private static final long serialVersionUID = 1;

        private final String reason;

        NotYaml(String reason) {
            super(reason);
            this.reason = reason;
        }

        @Override
        public String getMessage() {
            return reason;
        }
    }

    /**
     * Reads bytes that must be UTF-8.
     *
     * @param most how many bytes there may be
     * @return maps, lists, strings, numbers, booleans; null of an empty text
     * @throws NotYaml when it is larger, not UTF-8, or not YAML
     */
    public static @Nullable Object load(byte[] yaml, int most) throws NotYaml {
        checkSize(yaml.length, most);
        try {
            return load(
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(yaml))
                            .toString(),
                    most);
        } catch (CharacterCodingException e) {
            throw new NotYaml("it is not UTF-8 text; save it as UTF-8");
        }
    }

    /**
     * Reads a text.
     *
     * @param most how many characters there may be
     * @return maps, lists, strings, numbers, booleans; null of an empty text
     * @throws NotYaml when it is longer, or not YAML
     */
    public static @Nullable Object load(String yaml, int most) throws NotYaml {
        checkSize(yaml.length(), most);
        try {
            return new Load(LoadSettings.builder()
                            .setAllowDuplicateKeys(false)
                            .setMaxAliasesForCollections(0)
                            .setCodePointLimit(most)
                            .build())
                    .loadFromString(yaml);
        } catch (RuntimeException | StackOverflowError e) {
            // Not YamlEngineException alone: of some texts the engine loses its place, and of deep ones its stack.
            String why = String.valueOf(e.getMessage()).strip().replaceAll("[\\p{Cntrl}\\s]+", " ");
            throw new NotYaml("it is not YAML: " + Fields.clip(why, LONGEST_REASON));
        }
    }

    private static void checkSize(int size, int most) throws NotYaml {
        if (size > most) {
            throw new NotYaml("it is larger than " + most / 1024 + " KB");
        }
    }
}
