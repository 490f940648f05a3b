package mirror.tiers.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Of the questions that a caller asked before, finds the one that asks the same in other words. Only the text of the last message may
 * differ; all that stands before and around it is the same to the byte, and so is the caller. A {@link Rewording} has to allow it, and the
 * meanings have to be as near as the route says. What is remembered of a question is its vector and digests of its words. Thread-safe.
 */
final class Likeness {
    private static final int MOST_BODY = 64 * 1024;
    private static final int MOST_KNOWN = 16;

    /**
     * A question that may have been asked before.
     *
     * @param known where those are told that may be alike
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Asked(AnswerCache.Key known, List<String> words, byte[] vector) {}

    /** @param likeness cosine of the two vectors */
    record Found(AnswerCache.Kept kept, double likeness) {}

    private final AnswerCache cache;
    private final Meaning meaning;
    private final InstantSource clock;

    Likeness(AnswerCache cache, Meaning meaning, InstantSource clock) {
        this.cache = cache;
        this.meaning = meaning;
        this.clock = clock;
    }

    /** @param place where something is kept that depends on the caller and on these parts */
    Optional<Asked> asked(Endpoint endpoint, byte[] body, Function<List<byte[]>, AnswerCache.Key> place) {
        if ((endpoint != Endpoint.MESSAGES && endpoint != Endpoint.CHAT) || body.length > MOST_BODY) {
            return Optional.empty();
        }
        try {
            JsonNode request = Json.one(body);
            String question = taken(request.path("messages"));
            Rewording words = Rewording.of(question).orElse(null);
            if (words == null) {
                return Optional.empty();
            }
            byte[] vector = meaning.of(question.strip());
            return Optional.of(new Asked(
                    place.apply(List.of(
                            Json.MAPPER.writeValueAsBytes(request), Json.MAPPER.writeValueAsBytes(words.marks()))),
                    words.words().stream().map(Likeness::digest).toList(),
                    vector));
        } catch (JacksonException | IOException e) {
            // Without the model the very same request is still known.
            return Optional.empty();
        }
    }

    /** Takes the text out of the last message; empty when that is anything but one text of the user's. */
    private static String taken(JsonNode messages) {
        JsonNode last = messages.path(messages.size() - 1);
        if (!last.path("role").asString("").equals("user") || !(last instanceof ObjectNode message)) {
            return "";
        }
        JsonNode content = message.path("content");
        if (content.isString()) {
            message.put("content", "");
            return content.asString();
        }
        JsonNode part = content.path(0);
        if (content.size() == 1
                && part.path("type").asString("").equals("text")
                && part.path("text").isString()) {
            String text = part.path("text").asString();
            ((ObjectNode) part).put("text", "");
            return text;
        }
        return "";
    }

    private static String digest(String word) {
        return AtomicFiles.digest(word.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }

    /**
     * The nearest that is near enough and whose answer is still kept.
     *
     * @param most how old the answer may be
     */
    Optional<Found> find(Asked asked, double least, Duration most) {
        double nearest = least;
        Optional<Found> found = Optional.empty();
        for (JsonNode each : known(asked.known, most)) {
            List<String> words = each.path("words").values().stream()
                    .map(word -> word.asString(""))
                    .toList();
            double likeness = cosine(
                    asked.vector, Base64.getDecoder().decode(each.path("vector").asString("")));
            if (likeness >= nearest && Rewording.areNear(asked.words, words)) {
                Optional<AnswerCache.Kept> kept = cache.get(
                        new AnswerCache.Key(
                                asked.known.lease(), each.path("answer").asString("")),
                        most);
                if (kept.isPresent()) {
                    nearest = likeness;
                    found = Optional.of(new Found(kept.get(), likeness));
                }
            }
        }
        return found;
    }

    /** Remembers a question with where its answer is kept. */
    void remember(Asked asked, AnswerCache.Key answer, Duration most) {
        ArrayNode all = Json.array();
        ObjectNode first = all.addObject()
                .put("answer", answer.digest())
                .put("vector", Base64.getEncoder().encodeToString(asked.vector));
        asked.words.forEach(first.putArray("words")::add);
        for (JsonNode each : known(asked.known, most)) {
            if (all.size() < MOST_KNOWN && !each.path("answer").asString("").equals(answer.digest())) {
                all.add(each);
            }
        }
        cache.put(
                asked.known,
                new AnswerCache.Kept(clock.instant(), "", false, "", "", Json.MAPPER.writeValueAsBytes(all)));
    }

    private Iterable<JsonNode> known(AnswerCache.Key key, Duration most) {
        try {
            return cache.get(key, most)
                    .map(kept -> Json.one(kept.body()).values())
                    .orElse(List.of());
        } catch (JacksonException e) {
            return List.of();
        }
    }

    static double cosine(byte[] a, byte[] b) {
        if (a.length != b.length) {
            return 0;
        }
        long both = 0;
        long ofA = 0;
        long ofB = 0;
        for (int i = 0; i < a.length; i++) {
            both += (long) a[i] * b[i];
            ofA += (long) a[i] * a[i];
            ofB += (long) b[i] * b[i];
        }
        return ofA == 0 || ofB == 0 ? 0 : both / Math.sqrt((double) ofA * ofB);
    }
}
