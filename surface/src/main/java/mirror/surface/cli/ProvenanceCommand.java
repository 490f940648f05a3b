package mirror.surface.cli;

import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.NoteKey;
import mirror.bus.Prover;
import mirror.bus.TlogProof;
import mirror.surface.Core;
import mirror.trust.Provenance;
import org.jspecify.annotations.Nullable;

/** Where the results of an action come from, signed; and the check of such a record. */
record ProvenanceCommand() implements Command {
    @Override
    public String name() {
        return "provenance";
    }

    @Override
    public String usage() {
        return "provenance <action|event> [--proof] [--json] | provenance --check FILE [--key KEY] [--json]";
    }

    @Override
    public String summary() {
        return "who made something, on whose word: a signed record of one action, or the check of one";
    }

    @Override
    public String help() {
        return """
                <action> is the client's id of the call, <event> one of its events (number, id or hash). The record is an in-toto
                Statement in a DSSE envelope: results by hash, who, which tool, the decision and its rule and policy, and the place of
                each event in the log. It holds paths and digests, neither input nor output.
                --proof adds the proof that the decision is in the log; it holds that event, with the input as recorded.

                --check trusts KEY (a verifier key, or the path of a key.pub) and nothing else, and needs no home. Without --key it
                trusts this home's key, and then also looks the named events up in the log.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    static Options options(Call call) {
        return Options.parse(new ProvenanceCommand(), call.args(), "json", "proof", "check=", "key=");
    }

    @Override
    public int run(Core core, Call call, Out out) {
        Options options = options(call);
        NoteKey key = core.key().key(core.origin());
        if (options.value("check").isPresent()) {
            return ProvenanceCheck.run(options, call, core, out);
        }
        if (options.value("key").isPresent()) {
            throw CliException.usage("--key belongs to --check; a record is always signed with this home's key");
        }
        Provenance.Story story = story(core, options.one(this));
        @Nullable
        TlogProof proof = options.has("proof")
                ? new Prover(core.home(), core.projector().log(), new DiskStorage(), key)
                        .prove(story.decided().seq())
                : null;
        String envelope = Provenance.envelope(story, proof, core.key());
        out.print(envelope);
        return Exit.OK;
    }

    private static Provenance.Story story(Core core, String name) {
        var log = core.projector().log();
        if (name.matches("[0-9]{1,18}|[0-9a-fA-F]{6,64}") || name.startsWith(core.origin() + "-")) {
            Event event = EventName.find(core, name);
            return Provenance.of(log, event);
        }
        return Provenance.of(log, name);
    }
}
