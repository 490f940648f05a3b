package mirror.tiers.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import mirror.tiers.wire.Header;

/** The way back to a client. Exactly one of the two methods is called, once, from the thread that handles the request. */
public interface Reply {
    /** How an answer ended. */
    enum Ending {
        /** Whole: the server ends the message. */
        WHOLE,
        /** In the middle: the server must end the connection without ending the message, or the client takes the part for the whole. */
        CUT
    }

    /** Sends a whole answer. */
    void send(int status, List<Header> headers, byte[] body) throws IOException;

    /** Starts an answer whose parts are sent as they come, each at the stream's flush. The gateway does not close the stream. */
    OutputStream stream(int status, List<Header> headers) throws IOException;
}
