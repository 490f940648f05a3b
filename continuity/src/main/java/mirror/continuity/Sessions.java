package mirror.continuity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** All sessions, as a fold over events. Thread-safe. */
public final class Sessions implements Projection {
    private static final int FILES = 200;
    private static final int LINE = 240;

    private static final class State {
        final String id;
        final String client;
        final String project;
        final Instant openedAt;
        final long first;
        final String opened;
        final Set<String> files = new LinkedHashSet<>();
        Instant lastAt;
        String intent = "";
        String answer = "";
        int prompts;
        int actions;
        int failures;
        int denials;
        int compactions;
        long last;

        @Nullable
        String ended;

        @Nullable
        String completed;

        String error = "";

        @Nullable
        String crystal;

        long crystallized;

        State(Event event) {
            id = String.valueOf(event.session());
            client = event.actor();
            project = event.text("project");
            openedAt = event.time();
            lastAt = event.time();
            first = event.seq();
            last = event.seq();
            opened = event.id();
        }

        /** One that {@link #view} gave. */
        State(Session view) {
            id = view.id();
            client = view.client();
            project = view.project();
            openedAt = view.openedAt();
            lastAt = view.lastAt();
            intent = view.intent();
            answer = view.answer();
            prompts = view.prompts();
            actions = view.actions();
            failures = view.failures();
            denials = view.denials();
            compactions = view.compactions();
            first = view.first();
            last = view.last();
            opened = view.opened();
            ended = view.ended();
            completed = view.completed();
            error = view.error();
            crystal = view.crystal();
            crystallized = view.crystallized();
            files.addAll(view.files());
        }

        Session view() {
            return new Session(
                    id,
                    client,
                    project,
                    openedAt,
                    lastAt,
                    intent,
                    answer,
                    prompts,
                    actions,
                    failures,
                    denials,
                    compactions,
                    first,
                    last,
                    opened,
                    ended,
                    completed,
                    error,
                    crystal,
                    crystallized,
                    List.copyOf(files));
        }
    }

    private final Map<String, State> states = new LinkedHashMap<>();

    @Override
    public String name() {
        return "sessions";
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public synchronized JsonNode save() {
        ArrayNode saved = Json.array();
        states.values().forEach(state -> saved.add(Json.MAPPER.<JsonNode>valueToTree(state.view())));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        states.clear();
        for (JsonNode view : saved) {
            State state = new State(Json.MAPPER.treeToValue(view, Session.class));
            states.put(state.id, state);
        }
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.session() == null) {
            return;
        }
        if (event.type().equals(Types.CRYSTALLIZED)) {
            State state = states.get(event.session());
            if (state != null) {
                state.crystal = event.text("path");
                state.crystallized = event.data().path("upto").asLong(0);
            }
            return;
        }
        State state;
        if (event.type().equals(Types.OPENED)) {
            state = states.computeIfAbsent(event.session(), _ -> new State(event));
            state.ended = null;
        } else {
            state = states.get(event.session());
            if (state == null) {
                return;
            }
        }
        state.last = event.seq();
        state.lastAt = event.time();
        switch (event.type()) {
            case Types.PROMPTED -> {
                state.prompts++;
                if (state.intent.isEmpty()) {
                    state.intent = Text.line(event.text("prompt"), LINE);
                }
            }
            case Types.TURN_ENDED -> {
                state.answer = Text.line(event.text("message"), LINE);
                state.error = Text.line(event.text("error"), LINE);
            }
            case Types.COMPLETED -> state.completed = event.id();
            case Types.DECIDED -> {
                if (event.text("verdict").equals("block")) {
                    state.denials++;
                }
            }
            case Types.ACTION_COMPLETED -> {
                state.actions++;
                for (var file : event.data().path("changed")) {
                    if (state.files.size() < FILES) {
                        state.files.add(file.path("path").asString(""));
                    }
                }
            }
            case Types.ACTION_FAILED -> state.failures++;
            case Types.COMPACTED -> state.compactions++;
            case Types.ENDED -> state.ended = event.id();
            default -> {}
        }
    }

    public synchronized Optional<Session> get(String id) {
        return Optional.ofNullable(states.get(id)).map(State::view);
    }

    /** Newest activity first. */
    public synchronized List<Session> list() {
        List<Session> all = new ArrayList<>();
        states.values().forEach(state -> all.add(state.view()));
        all.sort(Comparator.comparingLong(Session::last).reversed());
        return all;
    }
}
