package mirror.surface.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.Candidate;
import mirror.tiers.Choosing;
import mirror.tiers.Gguf;
import mirror.tiers.Known;
import mirror.tiers.Model;
import mirror.tiers.Provider;
import mirror.tiers.Route;
import mirror.tiers.Rule;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.catalog.Said;
import mirror.tiers.catalog.Survey;
import mirror.tiers.gateway.AnswerCache;
import mirror.tiers.gateway.Breakers;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.llama.LlamaEngine;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who answers calls of models, and why somebody does not. Keys are never shown, only where they are.
 *
 * @param gateway null without a daemon
 */
record TiersCommand(@Nullable Gateway gateway) implements Command {
    @Override
    public String name() {
        return "tiers";
    }

    @Override
    public String usage() {
        return "tiers [--json] | refresh [--json] | forget [--json]"
                + " | why FILE [--model NAME] [--endpoint E] [--sensitivity S] [--lease ID] [--json]";
    }

    @Override
    public String summary() {
        return "providers of models, routes, which of them can be used, and who would answer a request";
    }

    @Override
    public String help() {
        return """
                They are named in tiers.yaml in Mirror's home, for example:

                  providers:
                    anthropic:
                      dialect: anthropic                 # or openai, gemini, ollama
                      base-url: https://api.anthropic.com # of openai with its /v1, of gemini with its /v1beta
                      key: env:ANTHROPIC_API_KEY         # or file:/PATH, chmod 600, or keychain:SERVICE/ACCOUNT
                      models:
                        claude-sonnet-4-5:
                          context: 200000
                          output: 64000
                          price: {in: 3, out: 15, cache-read: 0.30, cache-write: 3.75}   # US dollars a million tokens
                    ollama:
                      dialect: ollama
                      base-url: http://127.0.0.1:11434
                      local: true
                      models:
                        llama3.1:8b: {context: 32768, output: 4096}
                    own:                                 # llama.cpp in Mirror itself; of a lease run:llama.cpp
                      dialect: llama
                      models:
                        qwen2.5-7b: {gguf: /home/ada/models/qwen2.5-7b-q4.gguf, context: 8192, threads: 4}
                    offline: {dialect: vault}            # your notes, when nobody else answers; stands last in a route
                  routes:                                # names that clients ask for; tried in this order
                    private: {to: [ollama/llama3.1:8b, offline/vault], local-only: true}
                    auto:                                # the first rule that holds names the models
                      rules:
                        - {id: small, when: complexity < 20 && tools == 0, to: [ollama/llama3.1:8b, anthropic/claude-sonnet-4-5]}
                      to: [anthropic/claude-sonnet-4-5]  # when no rule holds
                      order: cheapest                    # or fastest, or listed
                      cents: 50                          # nobody is asked on whom a call could cost more
                      cache: 1h                          # the same request of the same caller is answered again, for nothing
                      similar: 0.97                      # and a question like it, in plain English; off when left out

                refresh     ask each provider what its models can do, as Mirror does once a day; what you wrote counts before it
                forget      answers that routes with 'cache' keep
                why FILE    who would answer this request (JSON, as a client sends it), who not, and why; nobody is asked
                  --model NAME    instead of the request's own; --endpoint messages (default), chat, responses, embeddings
                  --sensitivity S as the header x-mirror-sensitivity; --lease ID: under the hosts and the money of that lease

                A client uses the token of a lease as its key, for example
                  mirror lease grant --to claude-code --effects egress:api.anthropic.com --token key.txt
                  ANTHROPIC_BASE_URL=http://127.0.0.1:7717 ANTHROPIC_API_KEY=mlt1… claude
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "model=", "endpoint=", "sensitivity=", "lease=", "json");
        List<String> rest = options.rest();
        String first = rest.isEmpty() ? "" : rest.getFirst();
        boolean sound = first.equals("why")
                ? rest.size() == 2
                : rest.size() <= 1
                        && (first.isEmpty() || first.equals("refresh") || first.equals("forget"))
                        && !options.isGiven("model", "endpoint", "sensitivity", "lease");
        if (!sound) {
            throw CliException.usage("usage: mirror " + usage());
        }
        if (first.equals("forget")) {
            return forget(core, options.has("json"), out);
        }
        TiersFile.State state = core.tiers().current();
        Tiers tiers = state.tiers();
        if (tiers == null) {
            throw CliException.no(String.valueOf(state.refusal()));
        }
        return switch (first) {
            case "refresh" -> refresh(options.has("json"), out);
            case "why" -> new TiersWhy(core, gateway).run(call.path(rest.get(1)), options, out);
            default -> {
                List<Breakers.Open> open = core.state().breakers().open();
                Instant now = core.clock().instant();
                if (options.has("json")) {
                    json(core, tiers, open, now, out);
                } else {
                    text(core, tiers, open, now, out);
                }
                yield Exit.OK;
            }
        };
    }

    private static int forget(Core core, boolean json, Out out) {
        int forgotten = new AnswerCache(core.home().index().resolve("answers"), core.clock()).clear();
        out.line(
                json
                        ? Json.MAPPER.writeValueAsString(Json.object().put("forgotten", forgotten))
                        : forgotten == 0 ? "no answer was kept" : "kept answers forgotten: " + forgotten);
        return Exit.OK;
    }

    private int refresh(boolean json, Out out) {
        if (gateway == null) {
            throw new CliException(
                    Exit.NO_DAEMON, "no daemon runs that could ask providers; start it with 'mirror boot'");
        }
        List<Survey.Outcome> outcomes = gateway.survey().refresh();
        boolean all = outcomes.stream().allMatch(outcome -> outcome.problem().isEmpty());
        if (json) {
            var array = Json.array();
            for (Survey.Outcome outcome : outcomes) {
                var node = array.addObject().put("provider", outcome.provider()).put("problem", outcome.problem());
                outcome.changed().forEach(node.putArray("changed")::add);
            }
            out.line(Json.MAPPER.writeValueAsString(array));
        } else {
            for (Survey.Outcome outcome : outcomes) {
                out.line(outcome.provider() + "  "
                        + (!outcome.problem().isEmpty()
                                ? Style.plain(outcome.problem())
                                : outcome.changed().isEmpty()
                                        ? "nothing new"
                                        : "new: " + String.join(", ", outcome.changed())));
            }
        }
        return all ? Exit.OK : Exit.NO;
    }

    /** What the provider says of it that is not what the owner wrote. */
    private static List<String> differences(Core core, Candidate candidate) {
        Said said = core.state().catalog().said(candidate).orElse(null);
        List<String> all = new ArrayList<>();
        if (said == null) {
            return all;
        }
        Model model = candidate.model();
        if (!said.listed()) {
            all.add("not on its provider's list");
        }
        if (said.context() > 0 && said.context() != model.context()) {
            all.add("its provider says context " + said.context() + ", here " + model.context());
        }
        if (said.output() > 0 && said.output() != model.output()) {
            all.add("its provider says output " + said.output() + ", here " + model.output());
        }
        differs(all, "tools", said.tools(), model.tools());
        differs(all, "images", said.images(), model.images());
        differs(all, "thinks", said.thinks(), Known.of(model.thinks()));
        return all;
    }

    private static void differs(List<String> all, String what, Known said, Known written) {
        if (said != Known.UNKNOWN && written != Known.UNKNOWN && said != written) {
            all.add("its provider says " + what + " " + word(said) + ", here " + word(written));
        }
    }

    private static String word(Known known) {
        return known == Known.YES ? "true" : "false";
    }

    /** Why a model is not called now, or empty. */
    private static String trouble(Provider provider, Model model, List<Breakers.Open> open, Instant now) {
        String fault = provider.key().fault();
        if (fault != null) {
            return "no key: " + fault;
        }
        String name = new Candidate(provider, model).name();
        return open.stream()
                .filter(breaker -> breaker.name().equals(name))
                .map(breaker -> now.isBefore(breaker.until())
                        ? "left alone until " + breaker.until() + " (" + breaker.reason() + ")"
                        : "to be tried again after " + breaker.reason())
                .findFirst()
                .or(() -> LlamaEngine.trouble(model))
                .orElse("");
    }

    private static void json(Core core, Tiers tiers, List<Breakers.Open> open, Instant now, Out out) {
        var all = Json.object();
        var providers = all.putArray("providers");
        for (Provider provider : tiers.providers().values()) {
            var node = providers
                    .addObject()
                    .put("name", provider.name())
                    .put("dialect", provider.dialect().text())
                    .put("base-url", provider.base().toString())
                    .put("local", provider.local())
                    .put("key", provider.key().place());
            var models = node.putArray("models");
            for (Model model : provider.models().values()) {
                var each = models.addObject()
                        .put("name", model.name())
                        .put("context", model.context())
                        .put("output", model.output())
                        .put("thinks", model.thinks());
                Gguf gguf = model.gguf();
                if (gguf != null) {
                    each.put("gguf", gguf.file().toString()).put("threads", gguf.threads());
                }
                String trouble = trouble(provider, model, open, now);
                each.put("usable", trouble.isEmpty());
                if (!trouble.isEmpty()) {
                    each.put("reason", trouble);
                }
                Candidate candidate = new Candidate(provider, model);
                put(each, "tools", core.state().catalog().tools(candidate));
                put(each, "images", core.state().catalog().images(candidate));
                List<String> differences = differences(core, candidate);
                if (!differences.isEmpty()) {
                    differences.forEach(each.putArray("differences")::add);
                }
            }
            core.state().catalog().asked(provider).ifPresent(time -> node.put("asked", time.toString()));
        }
        if (!tiers.offline().isEmpty()) {
            String trouble = core.notes().trouble();
            var model = providers
                    .addObject()
                    .put("name", tiers.offline())
                    .put("dialect", "vault")
                    .put("notes", core.notes().root().toString())
                    .put("local", true)
                    .putArray("models")
                    .addObject()
                    .put("name", Tiers.VAULT)
                    .put("usable", trouble.isEmpty());
            if (!trouble.isEmpty()) {
                model.put("reason", trouble);
            }
        }
        var routes = all.putArray("routes");
        for (Route route : tiers.routes().values()) {
            var node = json(routes.addObject(), route, tiers);
            if (!route.choosing().rules().isEmpty()) {
                var rules = node.putArray("rules");
                for (Rule rule : route.choosing().rules()) {
                    json(rules.addObject(), rule.to(), tiers)
                            .put("id", rule.id())
                            .put("when", rule.when().toString())
                            .put("why", rule.why());
                }
            }
        }
        out.line(Json.MAPPER.writeValueAsString(all));
    }

    private static ObjectNode json(ObjectNode node, Route route, Tiers tiers) {
        node.put("name", route.name())
                .put("local-only", route.localOnly())
                .put("order", route.choosing().order().text());
        if (!route.choosing().cache().isZero()) {
            node.put("cache-seconds", route.choosing().cache().toSeconds());
        }
        if (route.choosing().similar() > 0) {
            node.put("similar", route.choosing().similar());
        }
        if (route.choosing().mostMoney() > 0) {
            node.put("most-money", route.choosing().mostMoney());
        }
        names(route, tiers).forEach(node.putArray("to")::add);
        return node;
    }

    private static void put(ObjectNode node, String name, Known known) {
        if (known != Known.UNKNOWN) {
            node.put(name, known == Known.YES);
        }
    }

    private static void text(Core core, Tiers tiers, List<Breakers.Open> open, Instant now, Out out) {
        for (Provider provider : tiers.providers().values()) {
            out.line("%s  %s, %s, %s, key %s"
                    .formatted(
                            provider.name(),
                            provider.tier(),
                            provider.dialect().text(),
                            provider.base(),
                            provider.key().place()));
            for (Model model : provider.models().values()) {
                String trouble = trouble(provider, model, open, now);
                out.line("  %-36s %s".formatted(model.name(), trouble.isEmpty() ? "usable" : trouble));
                differences(core, new Candidate(provider, model)).forEach(each -> out.line("    " + each));
            }
        }
        if (!tiers.offline().isEmpty()) {
            String trouble = core.notes().trouble();
            out.line("%s  offline, vault, %s"
                    .formatted(tiers.offline(), core.notes().root()));
            out.line("  %-36s %s".formatted(Tiers.VAULT, trouble.isEmpty() ? "usable" : trouble));
        }
        for (Route route : tiers.routes().values()) {
            List<Rule> rules = route.choosing().rules();
            List<String> marks = marks(route);
            String to = " \u2192 " + String.join(", ", names(route, tiers));
            out.line(route.name() + text(marks) + (rules.isEmpty() ? to : ""));
            for (Rule rule : rules) {
                List<String> own = new ArrayList<>(marks(rule.to()));
                own.removeAll(marks);
                out.line("  " + rule.id() + ": when " + rule.when() + text(own) + " \u2192 "
                        + String.join(", ", names(rule.to(), tiers)));
            }
            if (!rules.isEmpty()) {
                out.line("  otherwise" + to);
            }
        }
    }

    private static String text(List<String> marks) {
        return marks.isEmpty() ? "" : " (" + String.join(", ", marks) + ")";
    }

    /** What a route says beyond its models. */
    private static List<String> marks(Route route) {
        List<String> marks = new ArrayList<>();
        if (route.localOnly()) {
            marks.add("local only");
        }
        if (route.choosing().order() != Choosing.Order.LISTED) {
            marks.add(route.choosing().order().text() + " first");
        }
        if (route.choosing().mostMoney() > 0) {
            marks.add("at most " + dollars(route.choosing().mostMoney()) + " a call");
        }
        if (!route.choosing().cache().isZero()) {
            marks.add("answers kept for " + text(route.choosing().cache())
                    + (route.choosing().similar() > 0
                            ? ", given to questions like it from "
                                    + route.choosing().similar() + ", too"
                            : ""));
        }
        return marks;
    }

    private static String text(Duration time) {
        return time.toSeconds() % 3_600 == 0
                ? time.toHours() + "h"
                : time.toSeconds() % 60 == 0 ? time.toMinutes() + "m" : time.toMillis() / 1_000.0 + "s";
    }

    /** @param money in millionths */
    static String dollars(long money) {
        BigDecimal dollars = BigDecimal.valueOf(money, 6).stripTrailingZeros();
        return "$"
                + dollars.setScale(Math.max(2, dollars.scale()), RoundingMode.UNNECESSARY)
                        .toPlainString();
    }

    private static List<String> names(Route route, Tiers tiers) {
        return Stream.concat(
                        route.candidates().stream().map(Candidate::name),
                        route.offline() ? Stream.of(tiers.offlineName()) : Stream.empty())
                .toList();
    }
}
