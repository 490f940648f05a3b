package mirror.tiers.gateway;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.tiers.Candidate;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.dialect.Failure;
import mirror.tiers.wire.Patience;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One call on its way through the candidates of its route. Who fails is followed by the next: before the first byte from the start,
 * after it from what the client was told (docs/decisions/0031). So is who could cost more than what is left. Used once, by one thread.
 */
final class Course {
    private final Call call;
    private final Attempt.Tools tools;
    private final Delivery delivery;
    private final Translator translator;
    private Attempt.@Nullable Failure last;
    private String lastName = "";

    /** Why the call does not stay with whom it was at last; null before anybody was asked. */
    private @Nullable Left left;

    /** The first that could cost more than what is left. */
    private @Nullable Refusal tooDear;

    private final List<String> passedOver = new ArrayList<>(0);
    private @Nullable Duration soonest;
    private String unusable = "";
    private @Nullable Failure unsayable;

    /** @param copies whether what the client is told is kept for {@link #told} */
    Course(
            Call call,
            Reply reply,
            boolean copies,
            Attempt.Tools tools,
            InstantSource clock,
            RandomGenerator random,
            Habits habits) {
        this.call = call;
        this.tools = tools;
        this.delivery = new Delivery(reply, copies);
        this.translator = new Translator(call, clock, random, habits);
    }

    /** Who gave the whole answer alone. */
    private @Nullable Candidate by;

    /** The whole answer of one provider. */
    record Told(Attempt.Saved answer, boolean stream, Candidate by) {}

    /** What the client was told, if one provider said all of it and copies are made. */
    @Nullable
    Told told() {
        Attempt.Saved given = delivery.given();
        return by == null || given == null ? null : new Told(given, delivery.isStarted(), by);
    }

    /** Why a call goes on to the next. */
    private record Left(String from, String cause, String reason) {}

    /** @throws Refusal when the client has got nothing, and why */
    Reply.Ending run() throws Refusal, IOException {
        String noMore = "";
        try {
            for (int i = 0; i < call.candidates().size() && noMore.isEmpty(); i++) {
                if (answered(i)) {
                    return Reply.Ending.WHOLE;
                }
                noMore = delivery.isStarted() ? translator.whyNot().orElse("") : "";
            }
        } catch (Refusal e) {
            if (!delivery.isStarted()) {
                throw e;
            }
            noMore = String.valueOf(e.getMessage());
        }
        if (!delivery.isStarted()) {
            return unanswered();
        }
        if (noMore.isEmpty() && tooDear != null) {
            noMore = String.valueOf(tooDear.getMessage());
        }
        Attempt.Failure broken = last;
        String why = broken == null ? "" : broken.reason();
        Refusal cut = new Refusal(
                502,
                "cut",
                lastName + ": " + why + "; the answer is not whole"
                        + (noMore.isEmpty() ? "" : ", and nobody can go on with it: " + noMore));
        delivery.say(translator.end(cut));
        return Reply.Ending.CUT;
    }

    /** Whether the client has its whole answer after this candidate. */
    private boolean answered(int index) throws Refusal, IOException {
        Candidate candidate = call.candidates().get(index);
        if (candidate.provider().key().fault() != null) {
            passedOver.add(candidate.name() + ": its key is missing");
            unusable = "the key of " + candidate.provider().name() + " is missing; 'mirror tiers' says why";
            return false;
        }
        Optional<Duration> wait = tools.breakers().left(candidate.name());
        Passage passage = null;
        if (wait.isEmpty()) {
            try {
                passage = passage(index, candidate);
            } catch (DialectException e) {
                unsayable = e.failure();
                passedOver.add(candidate.name() + ": it cannot be told the request");
                return false;
            }
            wait = tools.breakers().closedFor(candidate.name());
        }
        if (passage == null || wait.isPresent()) {
            Duration known = soonest;
            passedOver.add(candidate.name() + ": left alone"
                    + tools.breakers()
                            .open(candidate.name())
                            .map(open -> " (" + open.reason() + ")")
                            .orElse(""));
            soonest = known == null
                    ? wait.orElse(null)
                    : wait.filter(time -> time.compareTo(known) < 0).orElse(known);
            return false;
        }
        Patience patience = patience(index, candidate);
        Attempt attempt = new Attempt(call, candidate, passage, patience, passedOver, tools);
        if (!isDrawn(attempt, candidate)) {
            return false;
        }
        if (left != null) {
            switched(candidate.name(), left);
        }
        lastName = candidate.name();
        boolean goesOn = delivery.isStarted();
        Attempt.Failure failure = attempt.run(delivery);
        if (failure != null && failure.refused()) {
            failure = askedOtherwise(candidate, patience, failure);
        }
        last = failure;
        if (failure != null) {
            left = new Left(lastName, failure.cause().text(), failure.reason());
            passedOver.add(lastName + ": " + failure.reason());
        }
        if (failure == null && !goesOn) {
            by = candidate;
        }
        return failure == null;
    }

    /** Whether there is enough left for it. When not, a cheaper one may do: work moves down instead of ending. */
    private boolean isDrawn(Attempt attempt, Candidate candidate) throws Refusal {
        try {
            attempt.draw();
            return true;
        } catch (Refusal e) {
            if (!e.isBudget()) {
                throw e;
            }
            tooDear = tooDear == null ? e : tooDear;
            left = left == null ? new Left(candidate.name(), e.outcome(), String.valueOf(e.getMessage())) : left;
            passedOver.add(candidate.name() + ": " + e.getMessage());
            return false;
        }
    }

    /** Asks the same provider for the same in another way. */
    private Attempt.@Nullable Failure askedOtherwise(Candidate candidate, Patience patience, Attempt.Failure refused)
            throws Refusal, IOException {
        if (delivery.isStarted()) {
            if (!translator.asksInstead(candidate)) {
                return refused;
            }
            Attempt again = new Attempt(call, candidate, translator.goOn(candidate), patience, passedOver, tools);
            again.draw();
            return again.run(delivery);
        }
        Passage chat;
        try {
            chat = translator.to(candidate);
        } catch (DialectException e) {
            return refused.with(translator.refusal(e.failure()));
        }
        Attempt attempt = new Attempt(call, candidate, chat, patience, passedOver, tools);
        attempt.draw();
        Attempt.Failure failure = attempt.run(delivery);
        if (attempt.isAnswered()) {
            translator.hasChatAlone(candidate);
        }
        return failure;
    }

    private Passage passage(int index, Candidate candidate) {
        if (delivery.isStarted()) {
            return translator.goOn(candidate);
        }
        if (!translator.passes(candidate)) {
            return translator.to(candidate);
        }
        translator.forget();
        return new PassThrough(call, candidate, canBeGoneOnWith(index) ? translator : null);
    }

    private boolean canBeGoneOnWith(int index) {
        return call.request().endpoint().heard() != null && isFollowed(index);
    }

    /** A stream that does not begin is left to the next, if there is one, once it takes far longer than usual. */
    private Patience patience(int index, Candidate candidate) {
        Patience patience = candidate.provider().patience();
        return call.streams() && isFollowed(index)
                ? tools.firstEvents()
                        .wait(candidate.name(), candidate.provider().hang())
                        .map(patience::untilFirst)
                        .orElse(patience)
                : patience;
    }

    /** Whether somebody behind this candidate could answer in its place. */
    private boolean isFollowed(int index) {
        for (Candidate next :
                call.candidates().subList(index + 1, call.candidates().size())) {
            if (next.provider().key().fault() == null
                    && tools.breakers().left(next.name()).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private Reply.Ending unanswered() throws Refusal, IOException {
        if (tooDear != null) {
            throw tooDear;
        }
        Attempt.Failure failure = last;
        if (failure != null && failure.answer() != null && !call.slot().route.offline()) {
            delivery.send(failure.answer());
            return Reply.Ending.WHOLE;
        }
        if (failure != null) {
            throw new Refusal(
                    failure.status() == 0 ? 502 : failure.status(),
                    failure.cause().text(),
                    lastName + ": " + failure.reason(),
                    seconds(failure.retryAfter()));
        }
        if (soonest != null) {
            throw new Refusal(
                    503,
                    "breaker",
                    "every provider of this model is left alone for now; 'mirror tiers' says why",
                    Math.max(1, seconds(soonest)));
        }
        if (unsayable != null) {
            delivery.send(translator.refusal(unsayable));
            return Reply.Ending.WHOLE;
        }
        throw new Refusal(503, "key", unusable);
    }

    private static long seconds(@Nullable Duration time) {
        return time == null ? 0 : Math.ceilDiv(time.toMillis(), 1_000);
    }

    private void switched(String to, Left why) {
        ObjectNode data = Json.object()
                .put("from", why.from)
                .put("to", to)
                .put("cause", why.cause)
                .put("reason", why.reason)
                .put("route", call.slot().key.route())
                .put("agent", call.actor());
        if (delivery.isStarted()) {
            data.put("sent", translator.sent());
        }
        tools.receipts()
                .record(Draft.of("mirror.call.switched.v1", "daemon", data)
                        .permit(call.lease().id())
                        .session(call.slot().key.session()));
    }
}
