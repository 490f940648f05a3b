package mirror.tiers.council;

import java.io.IOException;
import mirror.vault.LiveVault;
import mirror.vault.Reply.Cited;

/** The owner's notes as evidence, for the owner's own questions: all notes count, and none of their words goes to a model. */
public final class VaultEvidence implements Evidence {
    private static final int SENTENCES = 5;

    private final LiveVault notes;

    public VaultEvidence(LiveVault notes) {
        this.notes = notes;
    }

    @Override
    public Finding look(String claim) {
        try {
            Finding against = Finding.NONE;
            for (Cited each : notes.vault().ask(claim, _ -> true, SENTENCES).sentences()) {
                if (Claims.says(each.quote(), claim)) {
                    return new Finding(Word.SUPPORTED, each.place());
                }
                if (against.word() == Word.NONE && Claims.contradicts(each.quote(), claim)) {
                    against = new Finding(Word.CONTRADICTED, each.place());
                }
            }
            return against;
        } catch (LiveVault.Unavailable | IOException e) {
            return Finding.UNKNOWN;
        }
    }
}
