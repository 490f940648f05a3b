package mirror.kernel;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import mirror.trust.shell.CommandLine;

/** What an organism of the owner does with an event. */
sealed interface Reaction {
    /** Starts a program, without a shell, with the event's line on its standard input. */
    record Run(List<String> argv) implements Reaction {
        public Run {
            argv = List.copyOf(argv);
        }

        /** As a shell would have to be told it, for the analysis of what it does and for a person to read. */
        String command() {
            return CommandLine.of(argv);
        }
    }

    /** Sends the event's line over HTTP. */
    record Http(URI url, String method) implements Reaction {
        String host() {
            return url.getHost().toLowerCase(Locale.ROOT);
        }

        /** This device itself, by a name that no resolver is asked about or by an address. */
        boolean isLoopback() {
            String host = host();
            return host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
        }
    }

    /** What a lease must allow for it, such as {@code run:notify-send}; empty for what needs no more than hearing the event. */
    default String needs() {
        return switch (this) {
            case Run run -> "run:" + run.argv.getFirst();
            case Http http -> http.isLoopback() ? "" : "egress:" + http.host();
        };
    }
}
