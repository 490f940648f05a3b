package mirror.pulse.supervise;

/**
 * What was put aside of a log.
 *
 * @param bytes of the file that are in parts of it now
 * @param lossless false when lines may have been lost
 */
public record Rotated(long bytes, boolean lossless) {}
