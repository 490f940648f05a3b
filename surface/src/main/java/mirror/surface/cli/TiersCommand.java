package mirror.surface.cli;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.Candidate;
import mirror.tiers.Model;
import mirror.tiers.Provider;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.gateway.Breakers;

/** Who answers calls of models, and why somebody does not. Keys are never shown, only where they are. */
record TiersCommand() implements Command {
    @Override
    public String name() {
        return "tiers";
    }

    @Override
    public String usage() {
        return "tiers [--json]";
    }

    @Override
    public String summary() {
        return "providers of models, routes, and which of them can be used";
    }

    @Override
    public String help() {
        return """
                They are named in tiers.yaml in Mirror's home, for example:

                  providers:
                    anthropic:
                      dialect: anthropic                 # or openai, gemini, ollama
                      base-url: https://api.anthropic.com # of openai with its /v1, of gemini with its /v1beta
                      key: env:ANTHROPIC_API_KEY         # or file:/PATH, chmod 600
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
                    offline: {dialect: vault}            # your notes, when nobody else answers; stands last in a route
                  routes:                                # names that clients ask for; tried in this order
                    private: {to: [ollama/llama3.1:8b, offline/vault], local-only: true}

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
    public int run(Core core, Call call, Out out) {
        Options options = Options.parse(this, call.args(), "json");
        if (!options.rest().isEmpty()) {
            throw CliException.usage("usage: mirror " + usage());
        }
        TiersFile.State state = core.tiers().current();
        Tiers tiers = state.tiers();
        if (tiers == null) {
            throw CliException.no(String.valueOf(state.refusal()));
        }
        List<Breakers.Open> open = core.state().breakers().open();
        Instant now = core.clock().instant();
        if (options.has("json")) {
            json(core, tiers, open, now, out);
        } else {
            text(core, tiers, open, now, out);
        }
        return Exit.OK;
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
                String trouble = trouble(provider, model, open, now);
                each.put("usable", trouble.isEmpty());
                if (!trouble.isEmpty()) {
                    each.put("reason", trouble);
                }
            }
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
            var node = routes.addObject().put("name", route.name()).put("local-only", route.localOnly());
            names(route, tiers).forEach(node.putArray("to")::add);
        }
        out.line(Json.MAPPER.writeValueAsString(all));
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
            }
        }
        if (!tiers.offline().isEmpty()) {
            String trouble = core.notes().trouble();
            out.line("%s  offline, vault, %s"
                    .formatted(tiers.offline(), core.notes().root()));
            out.line("  %-36s %s".formatted(Tiers.VAULT, trouble.isEmpty() ? "usable" : trouble));
        }
        for (Route route : tiers.routes().values()) {
            out.line("%s%s \u2192 %s"
                    .formatted(
                            route.name(),
                            route.localOnly() ? " (local only)" : "",
                            String.join(", ", names(route, tiers))));
        }
    }

    private static List<String> names(Route route, Tiers tiers) {
        return Stream.concat(
                        route.candidates().stream().map(Candidate::name),
                        route.offline() ? Stream.of(tiers.offlineName()) : Stream.empty())
                .toList();
    }
}
