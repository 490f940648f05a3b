package mirror.surface.signal;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code signal.yaml} says.
 *
 * @param keep how long messages are kept after they were due
 * @param quiet hours in which messages wait, or null for none
 */
record Routes(Duration keep, @Nullable QuietHours quiet, List<Route> routes) {
    /** Without a file. */
    static final Routes NONE = new Routes(Duration.ofDays(7), null, List.of());

    Routes {
        routes = List.copyOf(routes);
    }

    /** Names of the routes that a message goes. */
    List<String> of(String topic, int priority) {
        return routes.stream()
                .filter(route -> route.takes(topic, priority))
                .map(Route::name)
                .toList();
    }

    Optional<Route> get(String name) {
        return routes.stream().filter(route -> route.name().equals(name)).findFirst();
    }
}
