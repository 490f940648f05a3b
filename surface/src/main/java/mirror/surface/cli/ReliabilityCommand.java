package mirror.surface.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import mirror.bus.Json;
import mirror.pulse.heal.HealFolder;
import mirror.pulse.reliability.Reliability;
import mirror.pulse.reliability.Score;
import mirror.surface.Core;

/** How far each mechanism can be relied on, by what it did when it was needed. */
record ReliabilityCommand() implements Command {
    @Override
    public String name() {
        return "reliability";
    }

    @Override
    public String usage() {
        return "reliability [--json]";
    }

    @Override
    public String summary() {
        return "how far mechanisms can be relied on, by what they did when they were needed";
    }

    @Override
    public String help() {
        return """
                'at least' is what the chance that it works next time is, with 95 %: the 5 % quantile of Beta(1 + successes, 1 + failures).
                A run counts half after 90 days. A mechanism that was never needed is untested, which is not reliable.

                The restart of a service worked when the service was then well for its stable time; it did not when the service failed
                again before that, or was given up. A fix worked when its check was well after it. The reaper worked when the process ended.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        options.none(this);
        Map<String, Score> scores = core.state().reliability().scores();
        core.state()
                .services()
                .names()
                .forEach(service -> scores.putIfAbsent(Reliability.restart(service), Score.UNTESTED));
        HealFolder.BUILT_IN.forEach(heal -> scores.putIfAbsent(Reliability.heal(heal), Score.UNTESTED));
        core.state().heals().heals().forEach(heal -> scores.putIfAbsent(Reliability.heal(heal), Score.UNTESTED));
        Instant now = core.clock().instant();
        if (options.has("json")) {
            var array = Json.array();
            scores.forEach((mechanism, score) -> {
                Score weighted = score.at(now);
                var node = array.addObject()
                        .put("mechanism", mechanism)
                        .put("tested", score.isTested())
                        .put("runs", score.runs());
                if (score.isTested()) {
                    node.put("successes", weighted.successes())
                            .put("failures", weighted.failures())
                            .put("least", weighted.least())
                            .put("most", weighted.most())
                            .put("last", score.at().toString());
                }
            });
            out.json(array);
            return Exit.OK;
        }
        scores.forEach((mechanism, score) -> out.line("%-32s %s"
                .formatted(
                        Style.plain(mechanism),
                        score.isTested() ? tell(score.at(now), score, now) : "untested: it was never needed")));
        return Exit.OK;
    }

    private static String tell(Score weighted, Score score, Instant now) {
        return String.format(
                Locale.ROOT,
                "works at least %.0f %%, at most %.0f %%  %d %s, %.1f and %.1f by weight; last %s ago",
                100 * weighted.least(),
                100 * weighted.most(),
                score.runs(),
                score.runs() == 1 ? "run" : "runs",
                weighted.successes(),
                weighted.failures(),
                StatusCommand.age(Duration.between(score.at(), now)));
    }
}
