package mirror.surface.cli;

import java.io.IOException;
import java.util.Optional;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.hook.Connection;
import mirror.surface.probe.ClientProbe;
import mirror.surface.probe.Probed;
import mirror.surface.probe.Probed.Finding;

/** What is known of the clients' behaviour, for the commands that connect, show and check them. */
record ClientProbes(Core core) {
    /**
     * What is known of the client that is installed.
     *
     * @param good false when something forbidden was seen to run, or when a probe proved nothing
     * @param refused whether it must not be connected
     * @param noted whether there is more to say than that it is the version that was measured
     */
    record Standing(boolean good, boolean refused, boolean noted, String text) {}

    /** Probes the installed client, shows each trial as it ends, and records what was found. */
    int probe(Connection client, Call call, Out out, boolean json) throws IOException, InterruptedException {
        Style style = new Style(call.color());
        if (!json) {
            out.line(client.title() + ", started in a throw-away folder against a model of Mirror's own");
            out.line(style.dim("  %-24s  %-10s  %-36s  %s".formatted("a hook that", "tool shall", "tool", "honoured")));
            out.flush();
        }
        Probed found;
        try {
            found = core.clientProbe().probe(client, tried -> {
                if (!json) {
                    out.line(row(tried, style));
                    out.flush();
                }
            });
        } catch (ClientProbe.Refused e) {
            throw CliException.no(String.valueOf(e.getMessage()));
        }
        core.projector().record(found.draft());
        boolean holds = found.finding() == Finding.HOLDS;
        if (json) {
            out.line(Json.MAPPER.writeValueAsString(found.draft().data()));
        } else {
            String text = Style.plain(sentence(client, found));
            out.line(holds ? style.good(text) : style.bad(text));
        }
        return holds ? Exit.OK : Exit.NO;
    }

    private static String row(Probed.Tried tried, Style style) {
        String row = "  %-24s  %-10s  %-36s  "
                .formatted(
                        tried.trial().text(),
                        tried.trial().wanted(),
                        tried.did().text());
        return tried.honoured()
                ? row + "yes"
                : style.wait(row + "NO" + (tried.words().isEmpty() ? "" : ": " + Style.plain(tried.words())));
    }

    /** What is known of the version that is installed; empty when none is on the path. Starts the client for its version. */
    Optional<Standing> standing(Connection client) {
        return core.clientProbe().version(client).map(version -> standing(client, version));
    }

    private Standing standing(Connection client, String version) {
        Optional<Probed> found = core.state().probed().of(client.actor(), version);
        if (found.isPresent()) {
            Finding finding = found.get().finding();
            return new Standing(
                    finding == Finding.HOLDS, finding == Finding.BROKEN, true, sentence(client, found.get()));
        }
        String name = client.title() + " " + version;
        boolean measured = version.equals(client.measured());
        return new Standing(
                true,
                false,
                !measured,
                measured
                        ? name + " is the version that Mirror was measured against"
                        : name + " was NOT PROBED, and what its hooks do was measured with " + client.measured()
                                + ": 'mirror connect " + client.name() + " --probe' tries what it honours");
    }

    private static String sentence(Connection client, Probed found) {
        return client.title() + " " + found.version() + (found.finding() == Finding.UNCLEAR ? ": " : " ")
                + found.consequence();
    }
}
