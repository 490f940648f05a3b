package mirror.surface.signal;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A way by which messages leave, as {@code signal.yaml} names it.
 *
 * @param topics whose messages; empty: of all topics
 * @param priority the least that goes this way
 * @param deduplicate how long the same message is not sent again; zero: it always is
 */
record Route(String name, Set<String> topics, int priority, Duration deduplicate, Target target) {
    Route {
        topics = Set.copyOf(topics);
    }

    /** Where it leads. */
    sealed interface Target {
        /** The screen of this machine. {@code text}: also what it says, and not only its title. */
        record Desktop(boolean text) implements Target {}

        /**
         * A chat of a Telegram bot.
         *
         * @param chat a number, or {@code @channel}
         * @param key the place of the bot's token
         * @param url of the Bot API
         */
        record Telegram(String chat, String key, URI url) implements Target {
            String host() {
                return url.getHost().toLowerCase(Locale.ROOT);
            }
        }

        /** A program, without a shell, with the message as JSON on its standard input. */
        record Command(List<String> argv) implements Target {
            public Command {
                argv = List.copyOf(argv);
            }
        }

        default String described() {
            return switch (this) {
                case Desktop _ -> "desktop";
                case Telegram telegram -> "telegram " + telegram.chat;
                case Command command -> "command " + command.argv.getFirst();
            };
        }
    }

    boolean takes(String topic, int of) {
        return (topics.isEmpty() || topics.contains(topic)) && of >= priority;
    }
}
