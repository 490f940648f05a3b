package mirror.surface.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.gateway.Costs;

/** What calls of models used and cost. */
record CostCommand() implements Command {
    private static final Map<String, Function<Costs.Key, String>> BY = Map.of(
            "day", key -> key.day().toString(),
            "tier", Costs.Key::tier,
            "model", key -> key.provider() + "/" + key.model(),
            "agent", Costs.Key::agent,
            "project", Costs.Key::project);

    @Override
    public String name() {
        return "cost";
    }

    @Override
    public String usage() {
        return "cost [--by day|tier|model|agent|project] [--days N] [--json]";
    }

    @Override
    public String summary() {
        return "what calls of models used and cost";
    }

    @Override
    public String help() {
        return """
                --by    what the calls are summed up by; model is the default
                --days  only of the last N days (UTC), today included; 30 is the default

                Counted are the calls that went through Mirror, at the prices of tiers.yaml. Tokens that are "not reported" were
                reserved for calls whose provider did not say what they used; they count as spent, with their money.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "by=", "days=", "json");
        String by = options.value("by").orElse("model");
        String days = options.value("days").orElse("30");
        Function<Costs.Key, String> name = BY.get(by);
        if (!options.rest().isEmpty() || name == null || !days.matches("[1-9][0-9]{0,3}")) {
            throw CliException.usage("usage: mirror " + usage());
        }
        LocalDate from =
                LocalDate.ofInstant(core.clock().instant(), ZoneOffset.UTC).minusDays(Integer.parseInt(days) - 1L);
        Map<String, Costs.Sum> sums = new TreeMap<>();
        for (Costs.Row row : core.state().costs().list()) {
            if (!row.key().day().isBefore(from)) {
                sums.merge(name.apply(row.key()), row.sum(), Costs.Sum::plus);
            }
        }
        if (options.has("json")) {
            var array = Json.array();
            sums.forEach((of, sum) -> array.addObject()
                    .put(by, of)
                    .put("calls", sum.calls())
                    .put("cached", sum.cached())
                    .put("unanswered", sum.unanswered())
                    .put("in", sum.in())
                    .put("out", sum.out())
                    .put("cache-read", sum.cacheRead())
                    .put("cache-write", sum.cacheWrite())
                    .put("unreported", sum.unreported())
                    .put("money", sum.money()));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (sums.isEmpty()) {
            out.line("no model was called through Mirror");
            return Exit.OK;
        }
        sums.forEach((of, sum) -> out.line(line(of.isEmpty() ? "(none)" : Style.plain(of), sum)));
        if (sums.size() > 1) {
            out.line(line("together", sums.values().stream().reduce(Costs.Sum.NONE, Costs.Sum::plus)));
        }
        return Exit.OK;
    }

    private static String line(String name, Costs.Sum sum) {
        return String.format(
                Locale.ROOT,
                "%-40s %10s  %,d calls%s, %,d tokens in (%,d more from the cache, %,d into it), %,d out%s%s",
                name,
                "$" + BigDecimal.valueOf(sum.money(), 6).setScale(4, RoundingMode.UP),
                sum.calls(),
                sum.cached() == 0
                        ? ""
                        : String.format(Locale.ROOT, " (%,d answered as before, for nothing)", sum.cached()),
                sum.in(),
                sum.cacheRead(),
                sum.cacheWrite(),
                sum.out(),
                sum.unreported() == 0 ? "" : String.format(Locale.ROOT, ", %,d not reported", sum.unreported()),
                sum.unanswered() == 0 ? "" : String.format(Locale.ROOT, "; %,d not answered", sum.unanswered()));
    }
}
