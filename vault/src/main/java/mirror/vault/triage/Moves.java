package mirror.vault.triage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mirror.vault.change.Change;
import mirror.vault.change.VaultChanges;

/** What triage needs of the way by which a vault is changed; apart, so that a test can end the world between any two calls. */
interface Moves {
    /** As {@link VaultChanges#move}. */
    Change move(Path from, String to, String why) throws IOException;

    /** As {@link VaultChanges#rollback}. */
    void rollback(String id) throws IOException;

    /** Newest first. */
    List<Change> changes() throws IOException;

    /** As {@link VaultChanges#recover}. */
    void recover() throws IOException;

    static Moves of(VaultChanges changes) {
        return new Moves() {
            @Override
            public Change move(Path from, String to, String why) throws IOException {
                return changes.move(from, to, Marks.ACTOR, why);
            }

            @Override
            public void rollback(String id) throws IOException {
                changes.rollback(id, "owner");
            }

            @Override
            public List<Change> changes() throws IOException {
                return changes.changes();
            }

            @Override
            public void recover() throws IOException {
                // What somebody should look at is told at the start, and named by the changes themselves.
                var _ = changes.recover();
            }
        };
    }
}
