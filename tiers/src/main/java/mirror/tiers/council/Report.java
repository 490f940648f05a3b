package mirror.tiers.council;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mirror.bus.Json;
import mirror.trust.Redactor;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What came of a question.
 *
 * @param verdict the answer; empty when nobody gave one
 * @param by who wrote it
 * @param claims those of the verdict, in its order
 * @param others claims of the answers that are not in the verdict
 * @param answers what each said, last word, by member
 * @param absent why others said nothing, by member
 * @param present members who answered or checked
 * @param unchecked sentences beyond the limit, which nobody looked into
 * @param calls how many were made, with the tokens that they read and wrote as far as reported
 */
public record Report(
        String verdict,
        String by,
        List<Checked> claims,
        List<Checked> others,
        Map<String, String> answers,
        Map<String, String> absent,
        List<String> present,
        int unchecked,
        int calls,
        int answered,
        long in,
        long out) {
    /** What models agree on without evidence may be wrong all the same. */
    private static final double WITHOUT_EVIDENCE = 0.9;

    public Report {
        claims = List.copyOf(claims);
        others = List.copyOf(others);
        present = List.copyOf(present);
    }

    /**
     * How far the members agree with the verdict: the share of those present who hold a claim of it, by their own words or by a yes, on average over its claims.
     * Unknown for fewer than two, and for a verdict that claims nothing.
     */
    public OptionalDouble agreement() {
        return present.size() < 2
                ? OptionalDouble.empty()
                : claims.stream()
                        .mapToDouble(claim -> (double) claim.holders() / present.size())
                        .average();
    }

    /**
     * How much there is for the verdict, on average over its claims: 1 for what the vault says, nothing for what is contradicted, disputed or one model's word, else
     * 0.9 of the share of members who hold it. No model's own word of how sure it is counts. Unknown where the agreement is.
     */
    public OptionalDouble confidence() {
        return present.size() < 2
                ? OptionalDouble.empty()
                : claims.stream().mapToDouble(this::weight).average();
    }

    private double weight(Checked claim) {
        return switch (claim.mark()) {
            case SUPPORTED -> 1;
            case AGREED, CONFIRMED -> WITHOUT_EVIDENCE * claim.holders() / present.size();
            case CONTRADICTED, DISPUTED, UNCONFIRMED -> 0;
        };
    }

    /** Whether there is no other model's word for any of it. */
    public boolean isOneModelsWord() {
        return !verdict.isEmpty() && present.size() < 2;
    }

    /** Whether each claim of it holds, and at least one by evidence that no model wrote. */
    public boolean isVerified() {
        return present.size() > 1
                && unchecked == 0
                && !claims.isEmpty()
                && claims.stream().allMatch(claim -> claim.mark().holds())
                && claims.stream().anyMatch(claim -> claim.mark() == Checked.Mark.SUPPORTED);
    }

    /** Claims, also of those that are not in the verdict, on which members or the vault and a member differ. */
    public List<Checked> dissent() {
        return Stream.concat(claims.stream(), others.stream())
                .filter(claim -> !claim.no().isEmpty() || claim.mark() == Checked.Mark.CONTRADICTED)
                .toList();
    }

    /** Places in the vault that it rests on. */
    List<String> places() {
        return claims.stream()
                .filter(claim -> claim.mark() == Checked.Mark.SUPPORTED)
                .map(claim -> claim.found().place())
                .distinct()
                .toList();
    }

    /** Members whose own answers say most of the verdict; all who do so equally. */
    List<String> winners() {
        Map<String, Long> said = claims.stream()
                .flatMap(claim -> claim.by().stream())
                .collect(Collectors.groupingBy(member -> member, TreeMap::new, Collectors.counting()));
        long most = said.values().stream().mapToLong(Long::longValue).max().orElse(0);
        return said.entrySet().stream()
                .filter(each -> each.getValue() == most)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Without secrets, and no field longer than an event may have; what {@code --json} prints too. */
    ObjectNode json() {
        ObjectNode json = Json.object().put("verdict", Redactor.field(verdict)).put("by", by);
        agreement().ifPresentOrElse(value -> json.put("agreement", rounded(value)), () -> json.putNull("agreement"));
        confidence().ifPresentOrElse(value -> json.put("confidence", rounded(value)), () -> json.putNull("confidence"));
        json.put("one-models-word", isOneModelsWord()).put("verified", isVerified());
        claims(json.putArray("claims"), claims);
        claims(json.putArray("others"), others);
        claims(json.putArray("dissent"), dissent());
        ArrayNode said = json.putArray("answers");
        answers.forEach((member, text) -> said.addObject().put("member", member).put("text", Redactor.field(text)));
        ArrayNode missing = json.putArray("absent");
        absent.forEach(
                (member, why) -> missing.addObject().put("member", member).put("why", Redactor.field(why)));
        present.forEach(json.putArray("present")::add);
        return json.put("unchecked", unchecked)
                .put("calls", calls)
                .put("answered", answered)
                .put("in", in)
                .put("out", out);
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    private static void claims(ArrayNode array, List<Checked> claims) {
        for (Checked claim : claims) {
            ObjectNode node = array.addObject()
                    .put("text", Redactor.field(claim.text()))
                    .put("mark", claim.mark().text());
            claim.by().forEach(node.putArray("by")::add);
            claim.yes().forEach(node.putArray("yes")::add);
            claim.no().forEach(node.putArray("no")::add);
            node.put("vault", claim.found().word().name().toLowerCase(Locale.ROOT))
                    .put("place", claim.found().place());
        }
    }
}
