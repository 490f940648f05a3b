package mirror.bench;

import java.util.Locale;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One measured figure.
 *
 * @param peer what was measured beside it in the same run, or null
 * @param peerValue the peer's figure, or null when there is no peer or it could not be started
 * @param target the bar in words
 * @param holds whether the bar was met; a bar that needs a peer that could not be started was not
 */
record Row(
        String name,
        double value,
        String unit,
        @Nullable String peer,
        @Nullable Double peerValue,
        String target,
        boolean holds) {
    @Nullable
    Double ratio() {
        return peerValue == null || peerValue == 0 ? null : value / peerValue;
    }

    ObjectNode json() {
        ObjectNode json =
                Json.object().put("name", name).put("value", round(value)).put("unit", unit);
        Double ratio = ratio();
        json.put("peer", peer);
        json.put("peer_value", peerValue == null ? null : round(peerValue));
        json.put("ratio", ratio == null ? null : round(ratio));
        return json.put("target", target).put("holds", holds);
    }

    String markdown() {
        Double ratio = ratio();
        return "| " + name + " | " + text(value) + " " + unit + " | "
                + (peer == null
                        ? ""
                        : peer + (peerValue == null ? ": could not be started" : ": " + text(peerValue) + " " + unit))
                + " | " + (ratio == null ? "" : text(ratio)) + " | " + target + " | " + (holds ? "yes" : "**no**")
                + " |";
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
    }

    private static double round(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
