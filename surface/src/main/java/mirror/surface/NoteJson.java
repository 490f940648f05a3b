package mirror.surface;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mirror.bus.Json;
import mirror.vault.Hit;
import mirror.vault.Reply;
import mirror.vault.Reply.Cited;
import mirror.vault.Vault.Answer;
import mirror.vault.Vault.Freshness;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers of the vault as programs read them; commands, tools and the console say the same. */
public final class NoteJson {
    private NoteJson() {}

    public static ObjectNode of(Answer answer) {
        ObjectNode json = Json.object();
        ArrayNode hits = json.putArray("hits");
        answer.hits().forEach(hit -> hits.add(of(hit)));
        json.put("by", answer.by().name().toLowerCase(Locale.ROOT));
        json.put("total", answer.total());
        json.set("freshness", of(answer.freshness()));
        return json;
    }

    public static ObjectNode of(Hit hit) {
        ObjectNode json = Json.object()
                .put("path", hit.path())
                .put("heading", hit.heading())
                .put("first", hit.first())
                .put("last", hit.last())
                .put("sha256", hit.sha256())
                .put("score", hit.score())
                .put("text", hit.text());
        ArrayNode marks = json.putArray("marks");
        hit.marks().forEach(mark -> marks.addArray().add(mark.start()).add(mark.end()));
        return json;
    }

    public static ObjectNode of(Reply reply) {
        ObjectNode json = Json.object();
        ArrayNode sentences = json.putArray("sentences");
        for (Cited each : reply.sentences()) {
            sentences
                    .addObject()
                    .put("quote", each.quote())
                    .put("path", each.path())
                    .put("heading", each.heading())
                    .put("first", each.first())
                    .put("last", each.last())
                    .put("sha256", each.sha256())
                    .put("score", each.score());
        }
        json.set("freshness", of(reply.freshness()));
        return json;
    }

    /** For a reader of text: each sentence on a line, followed by where it stands. */
    public static List<String> lines(Reply reply) {
        List<String> lines = new ArrayList<>();
        for (Cited each : reply.sentences()) {
            lines.add(each.quote().replaceAll("\\s+", " ") + " [" + place(each) + "]");
        }
        if (lines.isEmpty()) {
            lines.add("I do not know: your notes do not say; " + freshness(reply.freshness()));
        }
        return lines;
    }

    /** Path and lines. */
    public static String place(Cited cited) {
        return cited.path() + ":" + cited.first() + (cited.last() > cited.first() ? "-" + cited.last() : "");
    }

    public static ObjectNode of(Freshness freshness) {
        return Json.object()
                .put("notes", freshness.notes())
                .put("pending", freshness.pending())
                .put("unembedded", freshness.unembedded())
                .put("trouble", freshness.trouble())
                .put(
                        "reconciled",
                        freshness.reconciled() == null
                                ? null
                                : freshness.reconciled().toString());
    }

    /** One sentence for a person. */
    public static String freshness(Freshness freshness) {
        return freshness.notes() + " notes"
                + (freshness.pending() > 0 ? ", " + freshness.pending() + " not yet read" : "")
                + (freshness.unembedded() > 0 ? ", " + freshness.unembedded() + " not yet found by meaning" : "")
                + (freshness.trouble().isEmpty() ? "" : "; " + freshness.trouble())
                + (freshness.reconciled() == null ? ", not yet looked through since the start" : "");
    }
}
