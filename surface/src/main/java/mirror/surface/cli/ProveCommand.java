package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.NoteKey;
import mirror.bus.Prover;
import mirror.bus.TlogProof;
import mirror.surface.Core;

/** Makes a proof that outsiders can check, and checks one. Must never replace a file. */
record ProveCommand() implements Command {
    @Override
    public String name() {
        return "prove";
    }

    @Override
    public String usage() {
        return "prove <event> [-o FILE] [--json] | prove --check FILE [--key KEY] [--json]";
    }

    @Override
    public String summary() {
        return "prove to others that an event is in the log, or check such a proof";
    }

    @Override
    public String help() {
        return """
                <event> is a number, an id or six or more digits of a hash. The proof is a C2SP tlog-proof file: the whole event, its
                place, the Merkle inclusion proof and the signed checkpoint. It goes to standard output or, with -o, into a new file.
                Whoever gets it reads that event, and nothing of the others.

                --check says what a proof proves, or exits 1 with what does not hold. KEY is the verifier key of the log (name+id+base64)
                or the path of its key.pub. It decides whom you believe, so get it from a source that you trust and never from whoever
                sent the proof. Without it only proofs of this home's own log can be checked.
                """;
    }

    @Override
    public boolean offline() {
        return true;
    }

    static Options options(Command command, Call call) {
        List<String> args = call.args().stream()
                .map(arg -> arg.equals("-o") ? "--out" : arg)
                .toList();
        return Options.parse(command, args, "json", "out=", "check=", "key=");
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = options(this, call);
        NoteKey key = core.key().key(core.origin());
        if (options.value("check").isPresent()) {
            if (options.value("out").isPresent()) {
                throw CliException.usage("--check writes no file; usage: mirror " + usage());
            }
            return ProofCheck.run(options, call, key, out);
        }
        if (options.value("key").isPresent()) {
            throw CliException.usage("--key belongs to --check; a proof is always made with this home's key");
        }
        Event event = EventName.find(core, options.one(this));
        TlogProof proof = new Prover(core.home(), core.projector().log(), new DiskStorage(), key).prove(event.seq());
        TlogProof.Proven proven = proof.check(key);
        if (options.value("out").isPresent()) {
            Path file = call.path(options.value("out").get());
            write(file, proof.text());
            if (options.has("json")) {
                out.json(ProofCheck.json(proven).put("file", file.toString()));
            } else {
                ProofCheck.print(proven, call, out);
                out.line("written: " + Style.plain(file.toString()));
            }
        } else if (options.has("json")) {
            out.json(ProofCheck.json(proven).put("proof", proof.text()));
        } else {
            out.print(proof.text());
        }
        return Exit.OK;
    }

    /** A new file or none: what is there already is somebody's, also when it is only the name of a link. */
    private static void write(Path file, String text) throws IOException {
        boolean made = false;
        try (var stream = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            made = true;
            stream.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (FileAlreadyExistsException e) {
            throw CliException.no(Style.plain(file.toString()) + " exists already; give another name");
        } catch (IOException e) {
            if (made) {
                Files.deleteIfExists(file);
            }
            throw CliException.no("the proof could not be written to " + Style.plain(file.toString()) + " ("
                    + e.getClass().getSimpleName() + ")");
        }
    }
}
