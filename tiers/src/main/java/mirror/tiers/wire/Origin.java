package mirror.tiers.wire;

import java.net.URI;

/**
 * Where an upstream listens.
 *
 * @param host lower-case name or address, an IPv6 address without brackets
 */
public record Origin(String host, int port, boolean tls) {
    /** The origin of an http or https address. */
    public static Origin of(URI base) {
        boolean tls = base.getScheme().equals("https");
        String host = base.getHost().toLowerCase(java.util.Locale.ROOT);
        if (host.startsWith("[")) {
            host = host.substring(1, host.length() - 1);
        }
        return new Origin(host, base.getPort() >= 0 ? base.getPort() : tls ? 443 : 80, tls);
    }

    /** The value of {@code Host}. */
    public String authority() {
        String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port == (tls ? 443 : 80) ? name : name + ":" + port;
    }
}
