package mirror.surface.cli;

import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.Core;

/** One event, whole. */
record ShowCommand() implements Command {
    @Override
    public String name() {
        return "show";
    }

    @Override
    public String usage() {
        return "show <event> [--json]";
    }

    @Override
    public String summary() {
        return "one event, by its number, id or hash";
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        Event event = EventName.find(core, options.one(this));
        if (options.has("json")) {
            out.line(event.line());
            return Exit.OK;
        }
        Style style = new Style(call.color());
        out.line(style.bold(event.type()) + "  " + style.dim(event.id()));
        field(out, style, "time", event.time().toString());
        field(out, style, "actor", event.actor());
        field(out, style, "subject", event.subject());
        field(out, style, "session", event.session());
        field(out, style, "permit", event.permit());
        field(out, style, "prev", event.prev());
        field(out, style, "hash", event.hash() + " (matches the stored bytes)");
        Json.MAPPER
                .writerWithDefaultPrettyPrinter()
                .writeValueAsString(event.data())
                .lines()
                .map(Style::plain)
                .forEach(out::line);
        return Exit.OK;
    }

    private static void field(Out out, Style style, String name, @org.jspecify.annotations.Nullable String value) {
        if (value != null) {
            out.line(style.dim("%-8s".formatted(name)) + Style.plain(value));
        }
    }
}
