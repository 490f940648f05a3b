package mirror.tiers.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import mirror.tiers.wire.EventReader;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * Carries a stream of events from a provider to a client as it comes: each read is one write and one flush. Only whole events go
 * over, so that after a break the client can still be told. The client hears nothing before the first event, so that until then
 * another provider can take over from the start. Where somebody can go on after that, a listener hears what passes, and a provider's
 * word that it failed does not go over. Used once, by one thread.
 */
final class Relay {
    private final Exchange exchange;
    private final Meter meter;
    private final Delivery delivery;
    private final @Nullable Listener listener;

    /** @param listener null when nobody could go on */
    Relay(Exchange exchange, Meter meter, Delivery delivery, @Nullable Listener listener) {
        this.exchange = exchange;
        this.meter = meter;
        this.delivery = delivery;
        this.listener = listener;
    }

    /**
     * Returns when the stream is over.
     *
     * @return why it is not whole, or null when it is
     */
    @Nullable
    WireException run() throws ClientGone {
        EventReader reader = new EventReader();
        try (InputStream in = exchange.body()) {
            int read;
            do {
                read = reader.fill(in);
                while (reader.next()) {
                    meter.event(reader);
                    if (listener != null && meter.isFailed()) {
                        forwardBefore(reader);
                        return new WireException(WireException.Kind.TRUNCATED, "it says that it failed");
                    }
                }
                if (meter.isFailedAtOnce() && !delivery.isStarted()) {
                    return new WireException(WireException.Kind.NO_ANSWER, "it says that it cannot answer now");
                }
                if (reader.ready() > 0) {
                    forward(reader);
                }
            } while (read >= 0);
        } catch (ClientGone e) {
            throw e;
        } catch (WireException e) {
            // Behind its last event a stream may break off: nothing is missing.
            return meter.isEnded() && !meter.isFailed() ? null : e;
        } catch (IOException e) {
            return new WireException(WireException.Kind.TRUNCATED, "the stream broke");
        }
        if (meter.isFailed()) {
            return new WireException(WireException.Kind.TRUNCATED, "it says that it failed");
        }
        if (!meter.isEnded()) {
            return new WireException(WireException.Kind.TRUNCATED, "the stream ended without its last event");
        }
        return null;
    }

    private void forward(EventReader reader) throws ClientGone {
        ClientGone.when(() -> {
            OutputStream to = delivery.stream(exchange.status(), Headers.toClient(exchange.headers()));
            if (listener != null) {
                listener.hear(reader.bytes(), 0, reader.ready());
            }
            reader.forward(to);
            to.flush();
        });
        if (meter.isFailed()) {
            delivery.tellNoMore();
        }
    }

    /** A client that has heard nothing yet is left to the next provider, and hears nothing of this one. */
    private void forwardBefore(EventReader reader) throws ClientGone {
        Listener ear = listener;
        if (ear != null && delivery.isStarted() && reader.from() > 0) {
            ear.hear(reader.bytes(), 0, reader.from());
            ClientGone.when(() -> {
                OutputStream to = delivery.stream(exchange.status(), Headers.toClient(exchange.headers()));
                reader.forwardBefore(to);
                to.flush();
            });
        }
    }
}
