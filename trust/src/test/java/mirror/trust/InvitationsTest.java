package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import mirror.bus.NoteKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InvitationsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private final Devices devices = new Devices(() -> now);
    private final Invitations invitations = new Invitations(() -> now, new Random(1));

    @SuppressWarnings("NullAway.Init")
    private NoteKey key;

    @BeforeEach
    void make() throws IOException {
        key = DeviceKey.create(folder.resolve("phone.key")).key("x");
    }

    private void refused(String code) {
        assertThatThrownBy(() -> invitations.accept(code, devices.candidate(key)))
                .hasMessageContaining("no invitation with this code");
    }

    @Test
    void aCodeBringsOneKeyInAndTheOwnersYesEnrolsIt() {
        String code = invitations.invite("phone", devices).code();
        assertThat(code).hasSize(32);
        Invitations.Invitation accepted = invitations.accept(code, devices.candidate(key));
        assertThat(accepted.fingerprint()).matches("([0-9a-f]{4} ){4}[0-9a-f]{4}");
        refused(code);
        assertThat(invitations.confirm("phone").data().path("key").asString())
                .isEqualTo(NoteKey.parse(key.verifierKey()).verifierKey());
        assertThatThrownBy(() -> invitations.confirm("phone")).hasMessageContaining("no device 'phone'");
    }

    @Test
    void aCodeEndsAfterTenMinutesAndWithTheNextInvitation() {
        String old = invitations.invite("phone", devices).code();
        String code = invitations.invite("phone", devices).code();
        refused(old);
        now = now.plus(Invitations.LIFETIME);
        refused(code);
    }

    @Test
    void whatWasHandedInLateIsNotConfirmed() {
        invitations.accept(invitations.invite("phone", devices).code(), devices.candidate(key));
        now = now.plus(Invitations.LIFETIME);
        assertThatThrownBy(() -> invitations.confirm("phone")).hasMessageContaining("no device 'phone'");
    }

    @Test
    void whoGuessesEndsAllInvitations() {
        String code = invitations.invite("phone", devices).code();
        for (int i = 0; i < 10; i++) {
            refused("0".repeat(32));
        }
        refused(code);
    }

    @Test
    void aNameThatCannotBeGivenIsRefusedBeforeACodeIsShown() {
        assertThatThrownBy(() -> invitations.invite("My Phone", devices)).hasMessageContaining("not a name");
    }
}
