package mirror.surface.cli;

import java.time.Duration;
import java.util.List;
import mirror.bus.Json;
import mirror.continuity.Session;
import mirror.surface.Core;
import mirror.surface.hook.Connections;

/** What runs, where, and what needs the owner. */
record StatusCommand(Connections clients) implements Command {
    @Override
    public String name() {
        return "status";
    }

    @Override
    public String usage() {
        return "status [--json]";
    }

    @Override
    public String summary() {
        return "what runs, where, and what needs you";
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        options.none(this);
        List<Health.Part> parts = Health.parts(core, clients);
        boolean healthy = Health.healthy(parts);
        if (options.has("json")) {
            var json = Json.object()
                    .put("pid", ProcessHandle.current().pid())
                    .put("home", core.home().root().toString())
                    .put("healthy", healthy)
                    .put("origin", core.origin())
                    .put("head", core.projector().log().head())
                    .put("events", core.projector().log().durable())
                    .put("port", core.port().getAsInt())
                    .put("signal", core.signals().base())
                    .put("started", core.started().toString())
                    .put("version", Core.VERSION);
            var subsystems = json.putObject("subsystems");
            for (Health.Part part : parts) {
                subsystems
                        .putObject(part.name())
                        .put("state", part.state().name().toLowerCase(java.util.Locale.ROOT))
                        .put("detail", part.detail());
            }
            out.json(json);
            return Exit.OK;
        }
        Style style = new Style(call.color());
        out.line("");
        out.line("  " + style.bold("Mirror") + "  " + (healthy ? style.good("healthy") : style.bad("needs attention"))
                + style.dim("  " + core.origin() + ", up "
                        + age(Duration.between(core.started(), core.clock().instant())) + ", pid "
                        + ProcessHandle.current().pid()));
        out.line("");
        for (Health.Part part : parts) {
            String mark = switch (part.state()) {
                case OK -> style.good("\u25cf");
                case WAITING -> style.wait("\u25cf");
                case OFF -> style.dim("\u25cb");
                case FAULT -> style.bad("\u25cf");
            };
            String detail = Style.plain(part.detail());
            out.line("  " + mark + " " + "%-11s".formatted(part.name())
                    + (part.state() == Health.State.OK || part.state() == Health.State.OFF
                            ? style.dim(detail)
                            : part.state() == Health.State.WAITING ? style.wait(detail) : style.bad(detail)));
        }
        List<Session> sessions =
                core.state().continuity().sessions().list().stream().limit(3).toList();
        if (!sessions.isEmpty()) {
            out.line("");
            for (Session session : sessions) {
                out.line("  " + (session.ended() == null ? style.good("\u25b8") : style.dim("\u25aa")) + " "
                        + "%-11s".formatted(Style.clip(Style.plain(session.projectName()), 11)) + " "
                        + Style.clip(
                                Style.plain(session.intent().isEmpty() ? "(no prompt yet)" : session.intent()),
                                Math.max(20, call.width() - 34))
                        + style.dim("  "
                                + age(Duration.between(
                                        session.lastAt(), core.clock().instant())) + " ago"
                                + (session.denials() == 0 ? "" : ", " + session.denials() + " denied")
                                + TaintCommand.word(core.state().taint().state(session.id()))));
            }
        }
        out.line("");
        return Exit.OK;
    }

    static String age(Duration age) {
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min";
        }
        return seconds < 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }
}
