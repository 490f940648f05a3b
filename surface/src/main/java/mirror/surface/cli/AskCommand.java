package mirror.surface.cli;

import java.io.IOException;
import mirror.surface.Core;
import mirror.surface.NoteJson;
import mirror.vault.Reply;

/** Answers from the owner's notes, in their own sentences. Looks only, needs no model but the one that ships with Mirror. */
record AskCommand() implements Command {
    private static final int SENTENCES = 5;

    @Override
    public String name() {
        return "ask";
    }

    @Override
    public String usage() {
        return "ask QUESTION [--limit N] [--json]";
    }

    @Override
    public String summary() {
        return "what your notes say to a question: their own sentences, each with its place";
    }

    @Override
    public String help() {
        return """
                Nothing is made up: each line is a sentence of a note as it stands there, followed by the note and its lines. When no sentence
                is good enough the answer is that the notes do not say, and the exit code is 1. Works without a network.

                --limit N   at most N sentences (5)
                --json      with the SHA-256 of the note as it was read, for who wants to check the quotation
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "limit=", "json");
        String question = String.join(" ", options.rest());
        if (question.isBlank()) {
            throw CliException.usage("what do you want to know? usage: mirror " + usage());
        }
        Reply reply = VaultCommand.open(core).ask(question, _ -> true, limit(options));
        if (options.has("json")) {
            out.json(NoteJson.of(reply));
        } else {
            NoteJson.lines(reply).forEach(line -> out.line(Style.plain(line)));
        }
        return reply.sentences().isEmpty() ? Exit.NO : Exit.OK;
    }

    private static int limit(Options options) {
        String text = options.value("limit").orElse(String.valueOf(SENTENCES));
        if (!text.matches("[1-9][0-9]?")) {
            throw CliException.usage("--limit takes a whole number from 1 to 99");
        }
        return Integer.parseInt(text);
    }
}
