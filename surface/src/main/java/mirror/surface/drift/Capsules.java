package mirror.surface.drift;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.pulse.drift.DriftLedger;
import mirror.surface.Core;
import mirror.surface.LeasedModel;
import mirror.tiers.ask.GatewayModels;
import mirror.tiers.ask.Models.Said;
import mirror.trust.Redactor;
import mirror.trust.TrustException;
import mirror.trust.yaml.YamlFolder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs capsules when they are due, through the gateway and under a lease of its own for each run. Only files that the owner signed are run, and without {@code cents} in
 * them only models on this machine. What came of a run is an event, the answer a blob; a change that follows is an event, too. Thread-safe; one
 * run at a time.
 */
public final class Capsules {
    private static final String HOLDER = "drift";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int LONGEST_SKILL = 64 * 1024;
    private static final String ENDING = ".yaml";

    /**
     * The owner's files as they are now.
     *
     * @param sound by name
     * @param faults what is wrong with the others, by name
     */
    public record Found(TreeMap<String, Capsule> sound, TreeMap<String, String> faults) {}

    private final Core core;
    private final Path user;
    private final @Nullable LeasedModel asking;
    private final LongSupplier nanos;
    private final Executor threads;
    private final Set<String> begun = ConcurrentHashMap.newKeySet();

    /**
     * @param asking null without a daemon: then nothing can be run
     * @param threads one for each run that is due
     */
    public Capsules(Core core, Path user, @Nullable LeasedModel asking, LongSupplier nanos, Executor threads) {
        this.core = core;
        this.user = user;
        this.asking = asking;
        this.nanos = nanos;
        this.threads = threads;
    }

    /** Reads the folder. */
    public Found find() {
        Found found = new Found(new TreeMap<>(), new TreeMap<>());
        List<String> faults = new ArrayList<>();
        for (Path path : YamlFolder.list(core.home().capsules(), faults)) {
            String file = String.valueOf(path.getFileName());
            String name = file.substring(0, file.length() - ENDING.length());
            try {
                found.sound.put(name, read(name, path));
            } catch (TrustException e) {
                found.faults.put(name, String.valueOf(e.getMessage()));
            } catch (IOException e) {
                found.faults.put(name, "it cannot be read: " + e.getMessage());
            }
        }
        if (!faults.isEmpty()) {
            found.faults.put("", String.join("; ", faults));
        }
        return found;
    }

    private Capsule read(String name, Path path) throws IOException {
        if (!name.matches("[a-z0-9][a-z0-9-]{0,40}")) {
            throw new TrustException("its name must be lower case letters, digits and dashes");
        }
        byte[] yaml = YamlFolder.bytes(path, Capsule.MAX_BYTES);
        core.contracts().verify("capsule", path, yaml);
        Capsule capsule = Capsule.parse(name, yaml, user);
        Path skill = capsule.skill();
        if (skill != null) {
            core.contracts().verify("skill", skill);
        }
        return capsule;
    }

    /** Begins what is due. Returns at once. */
    public void tick() {
        Instant now = core.clock().instant();
        for (Capsule capsule : find().sound.values()) {
            boolean waits = core.state()
                    .drift()
                    .get(capsule.name())
                    .filter(known -> known.digest().equals(capsule.digest()))
                    .filter(known -> now.isBefore(known.last().plus(capsule.every())))
                    .isPresent();
            if (!waits && begun.add(capsule.name())) {
                threads.execute(() -> {
                    try {
                        run(capsule);
                    } catch (BusException | TrustException | IOException e) {
                        // The log takes nothing now, or the skill is not signed any more: 'mirror drift' says
                        // what is wrong with a capsule, and it is due again at the next turn.
                    } finally {
                        begun.remove(capsule.name());
                    }
                });
            }
        }
    }

    /**
     * Runs one now.
     *
     * @return the event of the run
     * @throws TrustException with one sentence, when it cannot be run at all
     */
    public Event run(String name) throws IOException {
        Found found = find();
        Capsule capsule = found.sound.get(name);
        if (capsule == null) {
            throw new TrustException(
                    found.faults.containsKey(name)
                            ? name + ENDING + ": " + found.faults.get(name)
                            : "there is no capsule " + core.home().capsules().resolve(name + ENDING));
        }
        return run(capsule);
    }

    private synchronized Event run(Capsule capsule) throws IOException {
        if (asking == null) {
            throw new TrustException("no daemon runs that could ask a model; start it with 'mirror boot'");
        }
        ObjectNode data = Json.object()
                .put("capsule", capsule.name())
                .put("digest", capsule.digest())
                .put("model", capsule.model());
        String prompt = prompt(capsule);
        Optional<String> refusal = asking.refusal(capsule.model(), capsule.cents());
        if (refusal.isPresent()) {
            return record(capsule, data.put("outcome", "refused").put("reason", refusal.get()));
        }
        long began = nanos.getAsLong();
        GatewayModels.Heard heard =
                asking.ask(HOLDER, capsule.model(), prompt, capsule.cents(), capsule.output(), PATIENCE);
        long ms = (nanos.getAsLong() - began) / 1_000_000;
        switch (heard.said()) {
            case Said.Absent(String why, var _) -> data.put("outcome", "absent").put("reason", Redactor.field(why));
            case Said.Answer(String text, long in, long out) ->
                judge(capsule, new Capsule.Answer(text, out, ms), in, heard.model(), data);
        }
        return record(capsule, data);
    }

    private String prompt(Capsule capsule) throws IOException {
        Path skill = capsule.skill();
        if (skill == null) {
            return capsule.prompt();
        }
        core.contracts().verify("skill", skill);
        try (InputStream in = Files.newInputStream(skill.resolve("SKILL.md"))) {
            byte[] text = in.readNBytes(LONGEST_SKILL + 1);
            if (text.length > LONGEST_SKILL) {
                throw new TrustException("SKILL.md of the skill is larger than " + LONGEST_SKILL + " bytes");
            }
            return new String(text, StandardCharsets.UTF_8) + "\n\n" + capsule.prompt();
        }
    }

    private void judge(Capsule capsule, Capsule.Answer answer, long in, String reported, ObjectNode data)
            throws IOException {
        byte[] kept = Redactor.redact(answer.text()).getBytes(StandardCharsets.UTF_8);
        data.put("reported", Redactor.field(reported))
                .put("ms", answer.ms())
                .put("length", answer.text().codePointCount(0, answer.text().length()))
                .put("sha256", AtomicFiles.digest(answer.text().getBytes(StandardCharsets.UTF_8)))
                .put("answer", core.projector().log().blobs().put(kept));
        if (in > 0 || answer.tokens() > 0) {
            data.put("in", in).put("out", answer.tokens());
        }
        var checks = data.putArray("checks");
        boolean failed = false;
        boolean open = false;
        for (Capsule.Check check : capsule.checks()) {
            Optional<Boolean> holds = check.holds(answer);
            ObjectNode one = checks.addObject().put("check", Redactor.field(check.told()));
            holds.ifPresentOrElse(held -> one.put("holds", held), () -> one.putNull("holds"));
            failed |= holds.isPresent() && !holds.get();
            open |= holds.isEmpty();
        }
        // What could not be told is no pass, and no failure of the model's either.
        data.put("outcome", failed ? "failed" : open ? "unclear" : "passed");
    }

    private Event record(Capsule capsule, ObjectNode data) {
        Event ran = core.projector()
                .record(Draft.of(DriftLedger.RAN, "mirror-pulse", data).subject(capsule.name()));
        List<Draft> changes = new ArrayList<>(core.state().drift().unrecorded());
        if (!changes.isEmpty()) {
            core.projector().record(changes);
        }
        return ran;
    }
}
