package mirror.vault.change;

import java.io.IOException;

/** Nothing was changed; the message says what, why, and what to do. */
public class ChangeRefused extends IOException {
    private static final long serialVersionUID = 1;

    ChangeRefused(String message) {
        super(message);
    }
}
