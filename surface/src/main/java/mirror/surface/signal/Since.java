package mirror.surface.signal;

import java.time.Instant;
import java.util.regex.Pattern;
import mirror.surface.signal.SignalRefused.Fault;

/** From where on a subscriber wants what was published before it came. */
sealed interface Since {
    record All() implements Since {}

    record None() implements Since {}

    /** The newest of each topic. */
    record Latest() implements Since {}

    /** What came after this message; when it is not known, all. */
    record After(String id) implements Since {}

    record From(Instant time) implements Since {}

    Pattern ID = Pattern.compile("[A-Za-z0-9]{12}");

    /**
     * Reads {@code since=}.
     *
     * @param poll whether the subscriber goes once it has what is there; then nothing said means all
     */
    static Since of(Params params, boolean poll, Instant now) {
        String text = params.text("x-since", "since", "si");
        return switch (text) {
            case "" -> poll ? new All() : new None();
            case "all" -> new All();
            case "none" -> new None();
            case "latest" -> new Latest();
            default ->
                ID.matcher(text).matches()
                        ? new After(text)
                        : Times.unix(text)
                                .or(() -> Times.duration(text).map(now::minus))
                                .<Since>map(From::new)
                                .orElseThrow(() -> SignalRefused.of(Fault.SINCE));
        };
    }
}
