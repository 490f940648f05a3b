package mirror.surface.signal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.surface.signal.SignalRefused.Fault;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads action buttons, from JSON or ntfy's short form: actions apart by {@code ;}, their parts by {@code ,}, each {@code key=value}; the
 * first parts are action, label and URL without their keys, and what holds a comma, semicolon or quote stands in quotes.
 *
 * @see <a href="https://ntfy.sh/docs/publish/#action-buttons">ntfy: action buttons</a>
 */
final class ButtonReader {
    static final int MOST = 3;
    private static final Set<String> ACTIONS = Set.of("view", "http", "broadcast");
    private static final Set<String> WITH_URL = Set.of("view", "http");
    private static final Pattern KEY = Pattern.compile("([-.\\w]+)\\s*=\\s*");
    private static final Set<String> TEXTS = Set.of("action", "label", "url", "method", "body", "intent");

    private final String input;
    private final Supplier<String> ids;
    private int at;

    private ButtonReader(String input, Supplier<String> ids) {
        this.input = input;
        this.ids = ids;
    }

    /**
     * The buttons that {@code text} names.
     *
     * @param ids gives each an id
     * @throws SignalRefused with what is wrong
     */
    static List<Button> read(String text, Supplier<String> ids) {
        String trimmed = text.strip();
        List<Button> buttons = new ArrayList<>();
        if (trimmed.startsWith("[")) {
            try {
                read(Json.MAPPER.readTree(trimmed), ids, buttons);
            } catch (JacksonException e) {
                throw refused("JSON error: " + e.getOriginalMessage());
            }
        } else {
            new ButtonReader(trimmed, ids).actions(buttons);
        }
        if (buttons.size() > MOST) {
            throw refused("only " + MOST + " actions allowed");
        }
        return buttons;
    }

    private static void read(JsonNode array, Supplier<String> ids, List<Button> buttons) {
        for (JsonNode node : array) {
            if (!node.isObject()) {
                throw refused("JSON error: an action is an object");
            }
            Map<String, String> texts = new HashMap<>();
            for (String name : TEXTS) {
                texts.put(name, text(node, name));
            }
            JsonNode clear = node.path("clear");
            if (!clear.isMissingNode() && !clear.isNull() && !clear.isBoolean()) {
                throw refused("JSON error: 'clear' is true or false");
            }
            buttons.add(checked(ids, texts, clear.asBoolean(false), texts(node, "headers"), texts(node, "extras")));
        }
    }

    private static String text(JsonNode node, String name) {
        JsonNode value = node.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (!value.isString()) {
            throw refused("JSON error: '" + name + "' is text");
        }
        return value.asString();
    }

    private static Map<String, String> texts(JsonNode node, String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        JsonNode values = node.path(name);
        if (values.isMissingNode() || values.isNull()) {
            return texts;
        }
        if (!values.isObject()) {
            throw refused("JSON error: '" + name + "' is an object");
        }
        for (String key : values.propertyNames()) {
            texts.put(key, text(values, key));
        }
        return texts;
    }

    private static Button checked(
            Supplier<String> ids,
            Map<String, String> texts,
            boolean clear,
            Map<String, String> headers,
            Map<String, String> extras) {
        String action = texts.getOrDefault("action", "").toLowerCase(Locale.ROOT);
        String url = texts.getOrDefault("url", "");
        String body = texts.getOrDefault("body", "");
        String method = texts.getOrDefault("method", "").toUpperCase(Locale.ROOT);
        if (!ACTIONS.contains(action)) {
            throw refused(
                    "parameter 'action' cannot be '" + action + "', valid values are 'view', 'broadcast' and 'http'");
        }
        if (texts.getOrDefault("label", "").isEmpty()) {
            throw refused("parameter 'label' is required");
        }
        if (WITH_URL.contains(action) && url.isEmpty()) {
            throw refused("parameter 'url' is required for action '" + action + "'");
        }
        if (action.equals("http") && Set.of("GET", "HEAD").contains(method) && !body.isEmpty()) {
            throw refused("parameter 'body' cannot be set if method is " + method);
        }
        return new Button(
                ids.get(),
                action,
                texts.getOrDefault("label", ""),
                clear,
                url,
                method,
                headers,
                body,
                texts.getOrDefault("intent", ""),
                extras);
    }

    private static SignalRefused refused(String why) {
        return SignalRefused.of(Fault.ACTIONS, why);
    }

    // ---- the short form

    private void actions(List<Button> buttons) {
        while (at < input.length()) {
            buttons.add(action());
        }
    }

    private Button action() {
        Map<String, String> texts = new HashMap<>();
        Map<String, String> headers = new LinkedHashMap<>();
        Map<String, String> extras = new LinkedHashMap<>();
        boolean clear = false;
        for (int section = 0; ; section++) {
            spaces();
            String key = key();
            String value = value();
            if (key.isEmpty()) {
                key = bare(section, texts.getOrDefault("action", ""), value);
            }
            String lower = key.toLowerCase(Locale.ROOT);
            if (key.startsWith("headers.")) {
                headers.put(key.substring("headers.".length()), value);
            } else if (key.startsWith("extras.")) {
                extras.put(key.substring("extras.".length()), value);
            } else if (lower.equals("clear")) {
                clear = truth(value);
            } else if (TEXTS.contains(lower)) {
                texts.put(lower, value);
            } else {
                throw refused("key '" + key + "' unknown");
            }
            boolean last = at >= input.length() || input.charAt(at) == ';';
            at++;
            spaces();
            if (last) {
                return checked(ids, texts, clear, headers, extras);
            }
        }
    }

    private static String bare(int section, String action, String value) {
        if (section < 2) {
            return section == 0 ? "action" : "label";
        }
        if (section == 2 && WITH_URL.contains(action.toLowerCase(Locale.ROOT))) {
            return "url";
        }
        throw refused("term '" + value + "' unknown");
    }

    private static boolean truth(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "1" -> true;
            case "false", "no", "0" -> false;
            default ->
                throw refused("parameter 'clear' cannot be '" + value
                        + "', only boolean values are allowed (true/yes/1/false/no/0)");
        };
    }

    private String key() {
        Matcher matcher = KEY.matcher(input).region(at, input.length());
        if (!matcher.lookingAt()) {
            return "";
        }
        at = matcher.end();
        return matcher.group(1);
    }

    /** Reads up to the end of the section and stops at what ends it. */
    private String value() {
        if (at < input.length() && (input.charAt(at) == '"' || input.charAt(at) == '\'')) {
            return quoted(input.charAt(at));
        }
        int start = at;
        while (at < input.length() && input.charAt(at) != ',' && input.charAt(at) != ';') {
            at++;
        }
        return input.substring(start, at).strip();
    }

    private String quoted(char quote) {
        int start = ++at;
        while (at < input.length() && (input.charAt(at) != quote || input.charAt(at - 1) == '\\')) {
            at++;
        }
        if (at >= input.length()) {
            throw refused("unexpected end of input, quote started at position " + start);
        }
        String value = input.substring(start, at).replace("\\" + quote, String.valueOf(quote));
        at++;
        spaces();
        if (at < input.length() && input.charAt(at) != ',' && input.charAt(at) != ';') {
            throw refused("unexpected character '" + input.charAt(at) + "' at position " + at);
        }
        return value;
    }

    private void spaces() {
        while (at < input.length() && " \t\r\n".indexOf(input.charAt(at)) >= 0) {
            at++;
        }
    }
}
