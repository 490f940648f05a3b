package mirror.pulse.check;

import java.util.Map;

/**
 * Something that is looked at again and again.
 *
 * @param id short and lower case, such as {@code disk}
 * @param critical whether Mirror or its owner cannot go on without it
 * @param confirmed whether something wrong counts only when a second look finds it, too; for what may be wrong for a moment
 * @param look how it is found out
 */
public record Check(String id, boolean critical, boolean confirmed, Look look) {
    /** Looks at something. May block, within the pulse's deadline; is never called twice at a time. */
    @FunctionalInterface
    public interface Look {
        /**
         * @return what was found, by the part of it: a path, a name; an empty name for the thing as a whole
         * @throws Exception what could not be found out; then all of its parts are unknown
         */
        Map<String, Finding> look() throws Exception;
    }
}
