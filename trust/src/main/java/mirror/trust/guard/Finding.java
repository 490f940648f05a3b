package mirror.trust.guard;

/**
 * One thing that {@link Guard} found. It names the place by a digest, so that two finds can be compared and the log repeats neither a
 * secret nor the attack.
 *
 * @param score 0 … 1; how sure
 * @param mechanism what is asked for, such as {@code disregard-rules}
 * @param layer how it was written: {@code plain}, or what had to be undone, such as {@code base64+rot13}
 * @param span first 16 hex digits of the SHA-256 of the normalised sentence
 */
public record Finding(Family family, double score, String mechanism, String layer, String span) {}
