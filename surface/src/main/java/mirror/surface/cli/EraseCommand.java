package mirror.surface.cli;

import java.io.IOException;
import mirror.bus.BlobRef;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.Core;

/** Erases the payload of one event for good; for the owner, as {@code approve} is. */
record EraseCommand() implements Command {
    @Override
    public String name() {
        return "erase";
    }

    @Override
    public String usage() {
        return "erase <event> [--reason TEXT] [--json] [--yes]";
    }

    @Override
    public String summary() {
        return "erase a large payload for good; the log keeps its hash and stays provable";
    }

    @Override
    public String help() {
        return """
                Works for payloads that are stored outside their event's line ('mirror show --json' then says "blob"). What is
                within a line is part of the chain and stays. An event records who erased what, and why. Crystals, notes and
                backups that were made of the payload are other files and stay, too.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "reason=", "json", "yes");
        Event event = EventName.find(core, options.one(this));
        BlobRef ref = BlobRef.of(event).orElse(null);
        if (ref == null) {
            throw CliException.no("the payload of event " + event.seq() + " is part of its line and of the chain; only"
                    + " payloads that are stored apart can be erased");
        }
        if (!options.has("yes")) {
            out.confirm("Erase the payload of event " + event.seq() + " (" + Style.plain(event.type()) + ", "
                    + ref.bytes() + " bytes) for good?");
            return Exit.OK;
        }
        Event erased =
                core.projector().erase(event, "owner", options.value("reason").orElse(""));
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(Json.object()
                    .put("event", event.seq())
                    .put("blob", ref.hash())
                    .put("bytes", ref.bytes())
                    .put("recorded", erased.seq())));
        } else {
            out.line("erased: the payload of event " + event.seq() + "; event " + erased.seq() + " says so");
        }
        return Exit.OK;
    }
}
