package mirror.surface.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;
import mirror.pulse.supervise.Ending;
import mirror.pulse.supervise.Phase;
import mirror.pulse.supervise.ServiceStatus;
import mirror.pulse.supervise.Supervisor;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What Mirror keeps running. */
record ServiceCommand() implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int TAIL = 64 * 1024;
    private static final int LINES = 40;

    @Override
    public String name() {
        return "service";
    }

    @Override
    public String usage() {
        return "service list | show NAME | start NAME | stop NAME [--dependants] | restart NAME | release NAME"
                + " | logs NAME [--lines N] | reload   [--json]";
    }

    @Override
    public String summary() {
        return "what Mirror keeps running: start, stop, quarantine, logs";
    }

    @Override
    public String help() {
        return """
                list      all services, how they are and why
                show      one of them, with what its probes found last
                start     run it from now on; forgets what it did before
                stop      end it until it is started again, also over a restart of Mirror
                restart   end it and start it again
                release   end its quarantine now and forget its failures
                logs      the end of what it wrote
                reload    read the files in services/ again

                start, stop and restart wait up to 15 s for the outcome, and exit with 1 when it is another one.
                docs/services.md says how to write a service.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(this, call.args(), "json", "dependants", "lines=");
        Supervisor services = core.services();
        if (services == null) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + core.home().root());
        }
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        String name = rest.size() == 2 ? rest.getLast() : "";
        Instant now = core.clock().instant();
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(services, options, call, out, now);
            case "show 2" -> show(services.get(name), options, out, now);
            case "start 2" -> {
                services.begin(name);
                yield came(services, name, Phase.READY, options, out);
            }
            case "stop 2" -> {
                services.end(name, options.has("dependants"));
                yield came(services, name, Phase.STOPPED, options, out);
            }
            case "restart 2" -> {
                int before = services.get(name).run();
                services.restart(name);
                services.await(name, status -> status.run() > before || isSettled(status.phase()), PATIENCE);
                yield came(services, name, Phase.READY, options, out);
            }
            case "release 2" -> {
                services.release(name);
                yield came(services, name, Phase.READY, options, out);
            }
            case "logs 2" -> logs(services, name, options, out);
            case "reload 1" -> reload(services.reload(), options, out);
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static boolean isSettled(Phase phase) {
        return phase == Phase.WITHHELD || phase == Phase.QUARANTINED || phase == Phase.STOPPED;
    }

    private static int came(Supervisor services, String name, Phase to, Options options, Out out)
            throws InterruptedException {
        ServiceStatus status = services.await(
                name,
                now -> now.phase() == to
                        || (to == Phase.READY
                                && (now.phase() == Phase.WITHHELD
                                        || now.phase() == Phase.BACKOFF
                                        || now.phase() == Phase.QUARANTINED)),
                PATIENCE);
        services.flush();
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(json(status)));
        } else {
            out.line(name + " is " + status.phase().text() + reason(status));
        }
        return status.phase() == to ? Exit.OK : Exit.NO;
    }

    private static String reason(ServiceStatus status) {
        return status.reason().isEmpty() ? "" : ": " + Style.plain(status.reason());
    }

    private static int list(Supervisor services, Options options, Call call, Out out, Instant now) {
        List<ServiceStatus> all = services.list();
        List<String> faults = services.faults();
        boolean sound = faults.isEmpty()
                && all.stream().noneMatch(status -> status.wanted() && status.critical() && isBad(status.phase()));
        if (options.has("json")) {
            ObjectNode json = Json.object();
            ArrayNode array = json.putArray("services");
            all.forEach(status -> array.add(json(status)));
            faults.forEach(json.putArray("faults")::add);
            out.line(Json.MAPPER.writeValueAsString(json));
            return sound ? Exit.OK : Exit.NO;
        }
        Style style = new Style(call.color());
        if (all.isEmpty() && faults.isEmpty()) {
            out.line("no services; docs/services.md says how to write one");
        }
        for (ServiceStatus status : all) {
            String mark = switch (status.phase()) {
                case READY -> style.good("\u25cf");
                case STOPPED -> style.dim("\u25cb");
                case QUARANTINED, BACKOFF -> style.bad("\u25cf");
                default -> style.wait("\u25cf");
            };
            out.line(mark + " " + "%-20s".formatted(status.name()) + " "
                    + "%-12s".formatted(status.phase().text()) + style.dim(facts(status, now)));
            if (!status.reason().isEmpty()) {
                out.line("  " + Style.plain(status.reason()));
            }
        }
        faults.forEach(fault -> out.line(style.bad("\u25cf ") + Style.plain(fault)));
        return sound ? Exit.OK : Exit.NO;
    }

    private static boolean isBad(Phase phase) {
        return phase == Phase.QUARANTINED || phase == Phase.BACKOFF || phase == Phase.WITHHELD;
    }

    private static String facts(ServiceStatus status, Instant now) {
        List<String> facts = new ArrayList<>();
        if (status.pid() > 0) {
            facts.add("pid " + status.pid());
        }
        Instant since = status.since();
        if (since != null && (status.phase() == Phase.READY || status.phase() == Phase.RUNNING)) {
            facts.add("up " + StatusCommand.age(Duration.between(since, now)));
        }
        Instant next = status.next();
        if (next != null) {
            facts.add((status.phase() == Phase.QUARANTINED ? "one trial in " : "again in ")
                    + StatusCommand.age(Duration.between(now, next)));
        }
        if (status.failures() > 0) {
            facts.add(status.failures() + (status.failures() == 1 ? " failure" : " failures") + " of late");
        }
        if (!status.critical()) {
            facts.add("optional");
        }
        return String.join(", ", facts);
    }

    private static int show(ServiceStatus status, Options options, Out out, Instant now) {
        if (options.has("json")) {
            out.line(Json.MAPPER.writeValueAsString(json(status)));
            return Exit.OK;
        }
        out.line(status.name() + "  " + status.phase().text() + reason(status));
        out.line("  runs    " + Style.plain(status.does()));
        if (!status.needs().isEmpty()) {
            out.line("  needs   " + String.join(", ", status.needs()));
        }
        String facts = facts(status, now);
        if (!facts.isEmpty()) {
            out.line("  now     " + facts + (status.settled() ? ", stable" : ""));
        }
        out.line("  ready   " + words(status.ready(), now));
        out.line("  live    " + words(status.live(), now));
        Ending exit = status.lastExit();
        Instant at = status.lastExitAt();
        if (exit != null && at != null) {
            out.line("  ended   " + exit.text() + ", " + StatusCommand.age(Duration.between(at, now)) + " ago");
        }
        return Exit.OK;
    }

    private static String words(ServiceStatus.Look look, Instant now) {
        Instant at = look.at();
        return Style.plain(look.state() + ": " + look.detail())
                + (at == null ? "" : ", " + StatusCommand.age(Duration.between(at, now)) + " ago");
    }

    private static ObjectNode json(ServiceStatus status) {
        ObjectNode json = Json.object()
                .put("name", status.name())
                .put("state", status.phase().text())
                .put("stable", status.settled())
                .put("reason", status.reason())
                .put("critical", status.critical())
                .put("wanted", status.wanted())
                .put("runs", status.does())
                .put("pid", status.pid())
                .put("run", status.run())
                .put("since", text(status.since()))
                .put("next", text(status.next()))
                .put("failures", status.failures());
        status.needs().forEach(json.putArray("needs")::add);
        Ending exit = status.lastExit();
        if (exit == null) {
            json.putNull("exit");
        } else {
            json.putObject("exit")
                    .put("code", exit.code())
                    .put("signal", exit.signal())
                    .put("memory", exit.memory())
                    .put("at", text(status.lastExitAt()));
        }
        look(json.putObject("ready"), status.ready());
        look(json.putObject("live"), status.live());
        return json;
    }

    private static void look(ObjectNode json, ServiceStatus.Look look) {
        json.put("state", look.state()).put("detail", look.detail()).put("at", text(look.at()));
    }

    private static @Nullable String text(@Nullable Instant at) {
        return at == null ? null : at.toString();
    }

    private static int logs(Supervisor services, String name, Options options, Out out) throws IOException {
        String lines = options.value("lines").orElse(String.valueOf(LINES));
        if (!lines.matches("[1-9][0-9]{0,5}")) {
            throw CliException.usage("--lines takes a number");
        }
        List<String> all = services.logTail(name, TAIL).lines().toList();
        List<String> last = all.subList(Math.max(0, all.size() - Integer.parseInt(lines)), all.size());
        if (options.has("json")) {
            ObjectNode json = Json.object().put("service", name);
            last.forEach(json.putArray("lines")::add);
            out.line(Json.MAPPER.writeValueAsString(json));
        } else {
            last.forEach(line -> out.line(Style.plain(line)));
        }
        return Exit.OK;
    }

    private static int reload(Supervisor.Reload reload, Options options, Out out) {
        if (options.has("json")) {
            ObjectNode json = Json.object().put("services", reload.services());
            reload.faults().forEach(json.putArray("faults")::add);
            out.line(Json.MAPPER.writeValueAsString(json));
        } else {
            out.line(reload.services() + (reload.services() == 1 ? " service" : " services"));
            reload.faults().forEach(fault -> out.line(Style.plain(fault)));
        }
        return reload.faults().isEmpty() ? Exit.OK : Exit.NO;
    }
}
