package mirror.tiers.gateway;

import java.io.IOException;

/** The client's side of the connection broke. */
final class ClientGone extends IOException {
    private static final long serialVersionUID = 1;

    private ClientGone(Throwable cause) {
        super("the client is gone", cause);
    }

    /** What is written to a client. */
    interface Writing {
        void run() throws IOException;
    }

    /** Keeps errors of the client's side apart from those of the provider's. */
    static void when(Writing writing) throws ClientGone {
        try {
            writing.run();
        } catch (IOException | RuntimeException e) {
            throw new ClientGone(e);
        }
    }
}
