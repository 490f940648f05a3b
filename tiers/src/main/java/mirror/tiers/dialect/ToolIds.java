package mirror.tiers.dialect;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Ids of tool calls that every dialect accepts: 1 to 40 letters, digits, {@code _} and {@code -} (Anthropic's pattern and OpenAI's length). Another
 * id is replaced by a digest of itself, so that a call and its result still name each other, in every request that repeats them.
 */
final class ToolIds {
    private static final int LONGEST = 40;

    /** Names of tools may be so long in every dialect. */
    private static final int LONGEST_NAME = 64;

    private ToolIds() {}

    static String portable(String id) {
        return fits(id) ? id : digest(id);
    }

    /** For a call whose provider gave it no id. */
    static String made(Exchange exchange, int call) {
        return digest(exchange.id() + "/" + call);
    }

    /** For an item of a reply; the API's own ids begin with the item's kind. */
    static String item(String kind, Exchange exchange, int index) {
        return kind + digest(exchange.id() + "#" + index).substring("call".length());
    }

    /** The name of a tool in a namespace, where there are none. */
    static String joined(String space, String name) {
        String all = space + "__" + name;
        return all.length() <= LONGEST_NAME
                ? all
                : all.substring(0, LONGEST_NAME - 25) + digest(all).substring("call".length());
    }

    private static boolean fits(String id) {
        if (id.isEmpty() || id.length() > LONGEST) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if ("_-".indexOf(c) < 0 && (c > 'z' || !Character.isLetterOrDigit(c))) {
                return false;
            }
        }
        return true;
    }

    private static String digest(String id) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return "call_" + HexFormat.of().formatHex(hash, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
