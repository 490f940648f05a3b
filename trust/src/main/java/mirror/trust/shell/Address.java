package mirror.trust.shell;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The host in an address: a URL, {@code user@host:path}, {@code host:port} or a bare name. */
final class Address {
    private static final Pattern URL = Pattern.compile(
            "^(?:[a-z+]+::)?[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(\\[[^\\]]*\\]|[^:/?#]*).*", Pattern.DOTALL);
    private static final Pattern PLAIN =
            Pattern.compile("^(?:[^@/\\s]*@)?([A-Za-z0-9._-]+|\\[[0-9a-fA-F:]+\\])(?::.*|/.*)?$", Pattern.DOTALL);

    private Address() {}

    /** {@code *} when it cannot be told which; null when the value names no other machine. */
    static @Nullable String host(Value address) {
        String text = address.isKnown() ? address.shown() : address.lead();
        if (text.startsWith("file:") || text.startsWith("/") || text.startsWith("./") || text.startsWith("../")) {
            return null;
        }
        Matcher url = URL.matcher(text);
        Matcher plain = PLAIN.matcher(text);
        boolean complete = address.isKnown() || text.indexOf('/', text.indexOf("://") + 3) > 0;
        String host = !complete ? "*" : url.matches() ? url.group(1) : plain.matches() ? plain.group(1) : "*";
        return host.isEmpty() ? "*" : host.toLowerCase(Locale.ROOT);
    }

    /** Whether an operand of scp, rsync or git names another machine. */
    static boolean isRemote(Value address) {
        String lead = address.lead();
        int colon = lead.indexOf(':');
        int slash = lead.indexOf('/');
        return (colon > 0 && (slash < 0 || colon < slash))
                || (!address.isKnown() && address.hasUnknown() && lead.isEmpty());
    }
}
