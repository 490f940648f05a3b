package mirror.surface.signal;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * HTTP/1.1 as ntfy's clients speak it: they write UTF-8 into headers ({@code curl -H "Title: Dégué"}), and Helidon reads headers as ASCII
 * and loses every other byte. So what comes in passes {@link HeaderBytes} first, which writes such bytes as RFC 2047's encoded words. WebSockets are taken
 * over by {@link SignalSocket}.
 */
public final class SignalConnections implements ServerConnectionSelector {
    private final Http1ConnectionSelector http;

    public SignalConnections(SignalApi api) {
        this.http = Http1ConnectionSelector.builder()
                .config(Http1Config.create())
                .addUpgrader(new SignalSocket(api))
                .build();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        HeaderBytes headers = new HeaderBytes();
        DataReader raw = context.dataReader();
        DataReader reader = DataReader.create(() -> {
            byte[] bytes;
            do {
                raw.ensureAvailable();
                bytes = headers.pass(raw.readBytes(raw.available()));
            } while (bytes.length == 0);
            return bytes;
        });
        return http.connection(new Reading(context, reader));
    }

    /** A connection that is read through another reader. */
    private record Reading(ConnectionContext context, DataReader dataReader) implements ConnectionContext {
        @Override
        public ListenerContext listenerContext() {
            return context.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return context.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return context.dataWriter();
        }

        @Override
        public Router router() {
            return context.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return context.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return context.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return context.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return context.localPeer();
        }

        @Override
        public boolean isSecure() {
            return context.isSecure();
        }

        @Override
        public String socketId() {
            return context.socketId();
        }

        @Override
        public String childSocketId() {
            return context.childSocketId();
        }
    }
}
