package mirror.tiers.gateway;

import java.io.IOException;

/** The body of a request that nobody has read yet. Used by one thread. */
public interface Incoming {
    /** How many bytes it says it has; below zero when it does not say. */
    long length();

    /**
     * Reads it: so many bytes, or all there are when it does not say how many and ends before.
     *
     * @throws IOException when the client is gone, or the body ends before it should
     */
    byte[] read(int most) throws IOException;
}
