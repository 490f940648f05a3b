package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Sensitivity;
import mirror.vault.canon.Claim;
import mirror.vault.canon.Claim.Standing;
import mirror.vault.canon.Claims.Known;
import mirror.vault.canon.Evidence;
import mirror.vault.canon.Knowledge;
import mirror.vault.canon.Knowledge.Built;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the owner knows and why: evidence, claims that quote it, and the notes that are made of them. */
record CanonCommand() implements Command {
    @Override
    public String name() {
        return "canon";
    }

    @Override
    public String usage() {
        return "canon [evidence|add FILE|claims|claim EVIDENCE|dispute CLAIM CLAIM WHY|check|build] [--json]";
    }

    @Override
    public String summary() {
        return "what you know and why: evidence kept as it was, claims that quote it, notes made of them";
    }

    @Override
    public String help() {
        return """
                evidence          what was taken in; --json tells all of each
                add FILE          keep a file, byte for byte, as evidence: a note, a page, a text
                                  --sensitivity S   public, internal (default), private, secret or never-share; its front matter may only say more
                claims [ABOUT]    what was claimed
                claim EVIDENCE    claim something; EVIDENCE is the first digits of its digest
                                  --about A         what it is about: the name of a note in Mirror/canon
                                  --says S          one sentence
                                  --quote Q         the words of the evidence that bear it, as they stand there
                                  --standing S      fact (default), estimate or unknown
                                  --key K --value V what is stated, such as port and 5432
                dispute C C WHY   these two claims speak against each other; both stay
                check             whether what was taken in still says the same where it came from; 1 when something changed
                build             make the notes in Mirror/ what the claims say; also done after each of the above

                A claim is admitted only when its quote stands in its evidence, character by character, and a fact states no number that its
                quote lacks. Claims that give a key another value, differ in a number only, or deny each other are marked as disputed by
                themselves. Nothing is deleted. In a note of Mirror/canon everything outside of the two marks is yours and stays.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(
                this, call.args(), "about=", "says=", "quote=", "standing=", "key=", "value=", "sensitivity=", "json");
        List<String> rest = options.rest();
        Knowledge knowledge = core.knowledge();
        try {
            return switch (rest.isEmpty() ? "claims 1" : rest.getFirst() + " " + rest.size()) {
                case "evidence 1" -> evidence(knowledge.known(), options.has("json"), out);
                case "add 2" -> add(knowledge, call.path(rest.get(1)), options, out);
                case "claims 1" -> claims(knowledge.known(), "", options.has("json"), out);
                case "claims 2" -> claims(knowledge.known(), rest.get(1), options.has("json"), out);
                case "claim 2" -> claim(knowledge, rest.get(1), options, out);
                case "dispute 4" -> {
                    knowledge.dispute(rest.get(1), rest.get(2), rest.get(3), "owner");
                    yield build(knowledge, options.has("json"), out);
                }
                case "check 1" -> check(knowledge, options.has("json"), out);
                case "build 1" -> build(knowledge, options.has("json"), out);
                default -> throw CliException.usage("usage: mirror " + usage());
            };
        } catch (Knowledge.Refused e) {
            throw CliException.no(Style.plain(String.valueOf(e.getMessage())));
        }
    }

    private static int add(Knowledge knowledge, Path file, Options options, Out out) throws IOException {
        Sensitivity least = options.sensitivity().orElse(Sensitivity.INTERNAL);
        Evidence evidence = knowledge.add(file, least, "owner");
        if (options.has("json")) {
            out.json(json(evidence));
        } else {
            out.line("evidence " + evidence.id() + "  " + Style.plain(evidence.name()) + ", "
                    + evidence.sensitivity().text());
        }
        say(knowledge.build(), out, options.has("json"));
        return Exit.OK;
    }

    private static int claim(Knowledge knowledge, String evidence, Options options, Out out) throws IOException {
        Standing standing = Standing.of(options.value("standing").orElse("fact"))
                .orElseThrow(() -> CliException.usage("--standing is fact, estimate or unknown"));
        Claim claim = knowledge.admit(
                new Claim.Draft(
                        evidence,
                        options.value("quote").orElse(""),
                        options.value("about").orElse(""),
                        options.value("says").orElse(""),
                        standing,
                        options.value("key").orElse(""),
                        options.value("value").orElse("")),
                "owner");
        Known known = knowledge.known();
        if (options.has("json")) {
            out.json(json(known, claim));
        } else {
            print(known, claim, out);
        }
        say(knowledge.build(), out, options.has("json"));
        return Exit.OK;
    }

    private static int evidence(Known known, boolean json, Out out) {
        if (json) {
            ArrayNode array = Json.array();
            known.evidence().values().forEach(each -> array.add(json(each)));
            out.json(array);
        } else {
            known.evidence()
                    .values()
                    .forEach(each -> out.line(each.id() + "  " + Style.plain(each.name())
                            + (each.isChanged() ? "  (its source has changed)" : "")));
        }
        return Exit.OK;
    }

    private static int claims(Known known, String about, boolean json, Out out) {
        List<Claim> some = known.claims().values().stream()
                .filter(claim -> about.isEmpty() || claim.about().equalsIgnoreCase(about))
                .toList();
        if (json) {
            ArrayNode array = Json.array();
            some.forEach(claim -> array.add(json(known, claim)));
            out.json(array);
        } else if (some.isEmpty()) {
            out.line("nothing is claimed" + (about.isEmpty() ? " yet; begin with 'mirror canon add FILE'" : ""));
        } else {
            some.forEach(claim -> print(known, claim, out));
        }
        return Exit.OK;
    }

    private static void print(Known known, Claim claim, Out out) {
        out.line(claim.id() + "  " + claim.standing() + "  " + Style.plain(claim.about() + ": " + claim.says()));
        known.against(claim.id()).forEach((id, why) -> out.line("    disputed by " + id + ": " + Style.plain(why)));
        if (known.of(claim).isChanged()) {
            out.line("    its evidence has changed: "
                    + Style.plain(known.of(claim).source()));
        }
    }

    private static int check(Knowledge knowledge, boolean json, Out out) throws IOException {
        List<Evidence> changed = knowledge.check();
        Known known = knowledge.known();
        if (json) {
            ArrayNode array = Json.array();
            changed.forEach(each -> array.add(json(each)));
            out.json(array);
        } else {
            for (Evidence each : changed) {
                long bears = known.claims().values().stream()
                        .filter(claim -> claim.evidence().equals(each.sha256()))
                        .count();
                out.line(each.id() + "  " + Style.plain(each.source())
                        + (each.now().isEmpty() ? " is gone" : " says something else now") + "; " + bears
                        + (bears == 1 ? " claim rests" : " claims rest") + " on what it said");
            }
            if (changed.isEmpty()) {
                out.line("all evidence is as it was");
            }
        }
        say(knowledge.build(), out, json);
        return changed.isEmpty() ? Exit.OK : Exit.NO;
    }

    private static int build(Knowledge knowledge, boolean json, Out out) throws IOException {
        Built built = knowledge.build();
        if (json) {
            ObjectNode node = Json.object();
            built.written().forEach(node.putArray("written")::add);
            built.left().forEach(node.putArray("left")::add);
            out.json(node);
        } else {
            out.line(built.written().size() + " notes written");
            say(built, out, false);
        }
        return built.left().isEmpty() ? Exit.OK : Exit.NO;
    }

    private static void say(Built built, Out out, boolean json) {
        if (!json) {
            built.left().forEach(sentence -> out.line(Style.plain(sentence)));
        }
    }

    private static ObjectNode json(Evidence evidence) {
        return Json.object()
                .put("sha256", evidence.sha256())
                .put("name", evidence.name())
                .put("source", evidence.source())
                .put("bytes", evidence.bytes())
                .put("sensitivity", evidence.sensitivity().text())
                .put("added", evidence.time().toString())
                .put("by", evidence.by())
                .put("changed", evidence.isChanged());
    }

    private static ObjectNode json(Known known, Claim claim) {
        ObjectNode json = Json.object()
                .put("claim", claim.id())
                .put("about", claim.about())
                .put("says", claim.says())
                .put("standing", claim.standing().name())
                .put("key", claim.key())
                .put("value", claim.value())
                .put("evidence", claim.evidence())
                .put("block", claim.block())
                .put("quote", claim.quote())
                .put("admitted", claim.time().toString())
                .put("by", claim.by())
                .put("stale", known.of(claim).isChanged());
        ObjectNode against = json.putObject("disputed");
        known.against(claim.id()).forEach(against::put);
        return json;
    }
}
