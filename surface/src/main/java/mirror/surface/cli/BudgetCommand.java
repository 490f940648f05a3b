package mirror.surface.cli;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.Price;
import mirror.trust.Budgets;
import mirror.trust.Budgets.Unit;

/** What each agent may spend on a day, and what it has spent. */
record BudgetCommand() implements Command {
    private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);

    @Override
    public String name() {
        return "budget";
    }

    @Override
    public String usage() {
        return "budget [--json] | set AGENT actions|tokens|money PER-DAY|none | grant AGENT actions|tokens|money AMOUNT";
    }

    @Override
    public String summary() {
        return "what agents may spend on a day, and what they have spent";
    }

    @Override
    public String help() {
        return """
                set    the limit of every day (UTC) from now on; 'none' lifts it
                grant  more for today only
                money is in US dollars, such as 2.50

                AGENT may also be 'all', which counts the calls of models of all agents together, or session:ID, whose limit
                is for the whole session and counts from when it was set.

                What is set aside is the worst that calls of models may cost which have a block of it; what they do not use comes back.
                After a crash it stays spent.

                An agent whose actions are used up is asked about: each further action waits for 'mirror approve'.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        List<String> rest = options.rest();
        if (rest.isEmpty()) {
            list(core, options.has("json"), out);
            return Exit.OK;
        }
        if (rest.size() != 4 || !rest.getFirst().matches("set|grant")) {
            throw CliException.usage("usage: mirror " + usage());
        }
        String agent = rest.get(1);
        if (!agent.matches("[a-z0-9][a-z0-9.-]{0,63}|session:[A-Za-z0-9_./@+-]{1,150}")) {
            throw CliException.usage("'" + Style.plain(agent) + "' is not the name of an agent, such as claude-code");
        }
        Unit unit = Unit.of(rest.get(2))
                .orElseThrow(() -> CliException.usage(
                        "'" + Style.plain(rest.get(2)) + "' is not counted; use actions, tokens or money"));
        boolean set = rest.getFirst().equals("set");
        long amount = set && rest.get(3).equals("none") ? -1 : amount(unit, rest.get(3));
        core.projector()
                .record(
                        set
                                ? core.state().budgets().set(agent, unit, amount)
                                : core.state().budgets().grant(agent, unit, amount));
        out.line(
                amount < 0
                        ? agent + " has no limit of " + unit.text() + " any more"
                        : agent + " may spend " + shown(unit, amount) + (set ? " a day" : " more today"));
        return Exit.OK;
    }

    private static long amount(Unit unit, String text) {
        String form = unit == Unit.MONEY ? "[0-9]{1,9}(\\.[0-9]{1,6})?" : "[0-9]{1,15}";
        if (!text.matches(form)) {
            throw CliException.usage("'" + Style.plain(text) + "' is not an amount of " + unit.text());
        }
        return unit == Unit.MONEY ? new BigDecimal(text).multiply(MILLION).longValueExact() : Long.parseLong(text);
    }

    private static String shown(Unit unit, long amount) {
        return unit == Unit.MONEY ? Price.dollars(amount) : String.format(Locale.ROOT, "%,d %s", amount, unit.text());
    }

    private static void list(Core core, boolean json, Out out) {
        List<Budgets.Line> lines = core.state().budgets().list();
        if (json) {
            var array = Json.array();
            for (Budgets.Line line : lines) {
                var node = array.addObject()
                        .put("agent", line.agent())
                        .put("unit", line.unit().text())
                        .put("spent", line.spent())
                        .put("aside", line.aside());
                if (line.limit() >= 0) {
                    node.put("per-day", line.limit()).put("extra", line.extra());
                }
            }
            out.line(Json.MAPPER.writeValueAsString(array));
            return;
        }
        if (lines.isEmpty()) {
            out.line("nothing was spent and nothing is limited");
        }
        for (Budgets.Line line : lines) {
            String aside = line.aside() == 0
                    ? ""
                    : " and " + shown(line.unit(), line.aside()) + " set aside for calls of models,";
            out.line("%-16s %s%s of %s %s"
                    .formatted(
                            line.agent(),
                            shown(line.unit(), line.spent() - line.aside()),
                            aside,
                            line.limit() < 0 ? "any number" : shown(line.unit(), line.limit() + line.extra()),
                            line.agent().startsWith(Budgets.SESSION) ? "in all" : "today"));
        }
    }
}
