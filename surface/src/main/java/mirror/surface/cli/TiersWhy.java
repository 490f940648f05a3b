package mirror.surface.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.tiers.gateway.Breakers;
import mirror.tiers.gateway.Endpoint;
import mirror.tiers.gateway.Explainer;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.gateway.Request;
import mirror.tiers.wire.Header;
import mirror.trust.Budgets;
import mirror.trust.Lease;
import mirror.trust.LeaseScope;
import mirror.trust.LeaseToken;
import org.jspecify.annotations.Nullable;

/**
 * Who would answer a request, who not, and why.
 *
 * @param gateway null without a daemon: how models did lately is not known then
 */
record TiersWhy(Core core, @Nullable Gateway gateway) {
    private static final long MONEY_OF_A_CENT = 10_000;

    int run(Path file, Options options, Out out) throws IOException {
        List<Header> headers = options.value("sensitivity")
                .map(said -> List.of(new Header("x-mirror-sensitivity", said)))
                .orElse(List.of());
        Request request = new Request(endpoint(options.value("endpoint").orElse("messages")), "", headers, read(file));
        Explainer explainer = gateway == null
                ? Explainer.without(
                        core.tiers(),
                        core.state().catalog(),
                        new Breakers(core.clock(), core.state().breakers()))
                : gateway.explainer();
        Explainer.Answer answer = explainer.explain(
                request,
                options.value("model").orElse(null),
                options.value("lease").map(this::under).orElseGet(this::anybody));
        if (options.has("json")) {
            json(answer, out);
        } else {
            text(answer, out);
        }
        return answer.refusal().isEmpty() ? Exit.OK : Exit.NO;
    }

    private static Endpoint endpoint(String name) {
        try {
            return Endpoint.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw CliException.usage("--endpoint is messages, count_tokens, chat, responses or embeddings");
        }
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(Gateway.MAX_BODY + 1);
            if (bytes.length > Gateway.MAX_BODY) {
                throw CliException.no(Style.plain(file.toString()) + " is larger than a request may be");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw CliException.no("there is no " + Style.plain(file.toString()));
        }
    }

    private Explainer.Caller under(String id) {
        Lease lease = core.state()
                .leases()
                .get(id)
                .orElseThrow(
                        () -> CliException.no("there is no lease " + Style.plain(id) + "; 'mirror lease' lists them"));
        Lease.Spent left = core.state()
                .leases()
                .left(LeaseToken.parse(
                                core.state().leases().token(id, core.key()).text())
                        .verify(core.key().key("lease")));
        String actor = Explainer.actor(lease.holder());
        long money = left.cents() >= Long.MAX_VALUE / MONEY_OF_A_CENT ? Long.MAX_VALUE : left.cents() * MONEY_OF_A_CENT;
        return new Explainer.Caller(
                lease.scope(), actor, lease.scope().session(), "", Math.min(money, left(List.of(actor, Budgets.ALL))));
    }

    private Explainer.Caller anybody() {
        return new Explainer.Caller(
                LeaseScope.of(List.of(), List.of("egress:*"), Instant.MAX), "", "", "", left(List.of(Budgets.ALL)));
    }

    private long left(List<String> accounts) {
        return core.state().budgets().left(accounts, Budgets.Unit.MONEY);
    }

    private static void text(Explainer.Answer answer, Out out) {
        if (!answer.refusal().isEmpty()) {
            out.line((answer.route().isEmpty() ? "" : Style.plain(answer.route()) + ": ")
                    + "nobody; the client would hear " + Style.plain(answer.refusal()));
        } else {
            out.line(Style.plain(answer.route()) + (answer.localOnly() ? " (local only)" : "") + ": "
                    + Style.plain(answer.why()));
            int place = 0;
            for (Explainer.Asked each : answer.asked()) {
                out.line("  %d. %-36s at most %s%s"
                        .formatted(
                                ++place,
                                each.name(),
                                TiersCommand.dollars(each.mostMoney()),
                                each.trouble().isEmpty() ? "" : "; passed over: " + each.trouble()));
            }
        }
        answer.leftOut().forEach(each -> out.line("  not: " + Style.plain(each)));
        StringBuilder facts = new StringBuilder();
        answer.facts().forEach((name, value) -> {
            boolean said = !value.equals("") && !value.equals(false) && !value.equals(Long.MAX_VALUE);
            if (said) {
                facts.append(facts.isEmpty() ? "" : ", ")
                        .append(name)
                        .append(' ')
                        .append(value);
            }
        });
        out.line("  of the request: " + Style.plain(facts.toString()));
    }

    private static void json(Explainer.Answer answer, Out out) {
        var node = Json.object()
                .put("route", answer.route())
                .put("why", answer.why())
                .put("local-only", answer.localOnly());
        var asked = node.putArray("asked");
        for (Explainer.Asked each : answer.asked()) {
            var one = asked.addObject().put("model", each.name()).put("most-money", each.mostMoney());
            if (!each.trouble().isEmpty()) {
                one.put("trouble", each.trouble());
            }
        }
        answer.leftOut().forEach(node.putArray("left-out")::add);
        var facts = node.putObject("facts");
        answer.facts().forEach((name, value) -> {
            if (!value.equals(Long.MAX_VALUE)) {
                facts.set(name, Json.MAPPER.<tools.jackson.databind.JsonNode>valueToTree(value));
            }
        });
        if (!answer.refusal().isEmpty()) {
            node.put("refusal", answer.refusal());
        }
        out.line(Json.MAPPER.writeValueAsString(node));
    }
}
