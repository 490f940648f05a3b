package mirror.tiers.dialect;

/**
 * A streamed message in the middle, as a client has got it.
 *
 * @param blocks how many blocks were opened
 * @param open whether the last of them still is
 */
public record Begun(String id, String model, int blocks, boolean open) {}
