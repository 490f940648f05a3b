package mirror.surface.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.bus.Json;
import mirror.pulse.heal.Heal;
import mirror.pulse.heal.HealFolder;
import mirror.pulse.heal.HealLedger;
import mirror.pulse.heal.Healer;
import mirror.surface.Core;
import mirror.surface.Healing;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Fixes: what they would do, did, and wait for. */
record HealCommand(@Nullable Healing healing) implements Command {
    @Override
    public String name() {
        return "heal";
    }

    @Override
    public String usage() {
        return "heal [list | show NAME | run NAME [--dry-run] | retry NAME | off | on] [--dry-run] [--json]";
    }

    @Override
    public String summary() {
        return "fixes for what the pulse finds wrong: what they would do, did, and wait for";
    }

    @Override
    public String help() {
        return """
                list        all fixes, and how each stands to what is wrong now
                --dry-run   the same for what is wrong now alone: what would be done; does nothing
                show        one of them, with what it did
                run         try one now, about everything wrong that it is for, without waiting for its cooldown
                retry       let one go on that was stopped, and forget its failures
                off, on     no fix is begun while it is off, also after a restart of Mirror

                A fix needs a lease: mirror lease grant --to healer:NAME --effects ...; 'list' says which.
                Exit 1 when something waits for you: a fix was stopped, asks, or may not be done.
                docs/healing.md says what there is and how to write one.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json", "dry-run");
        if (healing == null) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs for " + core.home().root());
        }
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        String name = rest.size() == 2 ? rest.getLast() : "";
        Healer healer = healing.healer();
        HealFolder.Content content = healing.fixes().read();
        if (!name.isEmpty()
                && content.heals().stream().noneMatch(heal -> heal.name().equals(name))) {
            throw CliException.no("there is no fix '" + Style.plain(name) + "'"
                    + content.faults().stream()
                            .filter(fault -> fault.startsWith(name + ".yaml:"))
                            .findFirst()
                            .map(fault -> "; " + Style.plain(fault))
                            .orElse("; 'mirror heal list' shows them"));
        }
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" ->
                options.has("dry-run")
                        ? cases(healer.preview(), "nothing is wrong that a fix is for", options, call, out)
                        : list(core, content, healer, "", options, call, out);
            case "show 2" -> list(core, content, healer, name, options, call, out);
            case "run 2" ->
                cases(
                        options.has("dry-run") ? of(healer.preview(), name) : healer.run(name),
                        "nothing is wrong that " + name + " is for",
                        options,
                        call,
                        out);
            case "retry 2" -> {
                healer.retry(name);
                yield list(core, content, healer, name, options, call, out);
            }
            case "off 1", "on 1" -> {
                healer.turn(what.equals("on"));
                out.line(
                        options.has("json")
                                ? Json.MAPPER.writeValueAsString(Json.object().put("on", what.equals("on")))
                                : "healing is " + what);
                yield Exit.OK;
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static List<Healer.Case> of(List<Healer.Case> cases, String name) {
        return cases.stream().filter(each -> each.heal().equals(name)).toList();
    }

    private static String word(Healer.Standing standing) {
        return standing.name().toLowerCase(Locale.ROOT);
    }

    private static boolean waits(Healer.Case one) {
        return switch (one.standing()) {
            case STOPPED, ASKS, WITHHELD -> true;
            case READY, WORKING, COOLING, NOTHING -> false;
        };
    }

    private static int cases(List<Healer.Case> cases, String none, Options options, Call call, Out out) {
        if (options.has("json")) {
            ObjectNode json = Json.object();
            json(cases, json.putArray("cases"));
            out.line(Json.MAPPER.writeValueAsString(json));
        } else if (cases.isEmpty()) {
            out.line(none);
        } else {
            Style style = new Style(call.color());
            cases.forEach(each -> out.line(Style.plain(each.heal()) + ": " + line(each, style)));
        }
        return cases.stream().anyMatch(HealCommand::waits) ? Exit.NO : Exit.OK;
    }

    private static void json(List<Healer.Case> cases, ArrayNode array) {
        cases.forEach(each -> array.addObject()
                .put("heal", each.heal())
                .put("check", each.check())
                .put("state", word(each.standing()))
                .put("reason", each.why()));
    }

    private static String line(Healer.Case each, Style style) {
        String mark = switch (each.standing()) {
            case READY, WORKING -> style.good("\u25cf");
            case COOLING, NOTHING -> style.dim("\u25cb");
            case WITHHELD, ASKS -> style.wait("\u25cf");
            case STOPPED -> style.bad("\u25cf");
        };
        return mark + " " + Style.plain(each.check()) + "  " + word(each.standing()) + ": " + Style.plain(each.why());
    }

    private static int list(
            Core core, HealFolder.Content content, Healer healer, String only, Options options, Call call, Out out) {
        List<Healer.Case> cases = only.isEmpty() ? healer.preview() : of(healer.preview(), only);
        List<Heal> heals = content.heals().stream()
                .filter(heal -> only.isEmpty() || heal.name().equals(only))
                .toList();
        List<String> faults = only.isEmpty() ? content.faults() : List.of();
        Map<HealLedger.Case, HealLedger.Known> known = core.state().heals().all();
        if (options.has("json")) {
            ObjectNode json = Json.object().put("on", !healer.isOff());
            ArrayNode array = json.putArray("heals");
            for (Heal heal : heals) {
                ObjectNode one = array.addObject()
                        .put("name", heal.name())
                        .put("when", heal.when())
                        .put("does", heal.fix().does())
                        .put("built-in", heal.builtIn())
                        .put("cooldown-s", heal.cooldown().toSeconds())
                        .put("attempts", heal.attempts());
                json(of(cases, heal.name()), one.putArray("cases"));
                ArrayNode done = one.putArray("history");
                known.forEach((which, last) -> {
                    if (which.heal().equals(heal.name()) && !last.result().isEmpty()) {
                        Instant at = last.at();
                        done.addObject()
                                .put("check", which.check())
                                .put("result", last.result())
                                .put("found", last.found())
                                .put("failures", last.failures())
                                .put("at", at == null ? null : at.toString());
                    }
                });
            }
            faults.forEach(json.putArray("faults")::add);
            out.line(Json.MAPPER.writeValueAsString(json));
        } else {
            Style style = new Style(call.color());
            if (healer.isOff()) {
                out.line(style.bad("\u25cf") + " healing is off; 'mirror heal on' turns it on");
            }
            for (Heal heal : heals) {
                out.line(style.bold("%-14s".formatted(heal.name())) + " " + style.dim(heal.when()) + "  "
                        + Style.plain(heal.fix().does()));
                List<String> lines = new ArrayList<>();
                of(cases, heal.name()).forEach(each -> lines.add(line(each, style)));
                known.forEach((which, last) -> {
                    Instant at = last.at();
                    if (which.heal().equals(heal.name())
                            && at != null
                            && !last.result().isEmpty()) {
                        lines.add(style.dim("last about " + Style.plain(which.check()) + ", "
                                + StatusCommand.age(
                                        Duration.between(at, core.clock().instant()))
                                + " ago: " + last.result() + "; " + Style.plain(last.found())));
                    }
                });
                lines.forEach(line -> out.line("  " + line));
            }
            faults.forEach(fault -> out.line(style.bad("\u25cf ") + Style.plain(fault)));
        }
        return faults.isEmpty() && cases.stream().noneMatch(HealCommand::waits) ? Exit.OK : Exit.NO;
    }
}
