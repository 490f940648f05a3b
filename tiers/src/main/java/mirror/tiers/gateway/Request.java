package mirror.tiers.gateway;

import java.util.List;
import mirror.tiers.wire.Header;

/**
 * A client's request.
 *
 * @param query what stood behind the question mark, or empty
 * @param headers as they came
 * @param body not to be changed afterwards
 */
@SuppressWarnings("ArrayRecordComponent")
public record Request(Endpoint endpoint, String query, List<Header> headers, byte[] body) {
    /** The first header of that name, or empty. */
    String header(String name) {
        for (Header header : headers) {
            if (header.is(name)) {
                return header.value();
            }
        }
        return "";
    }
}
