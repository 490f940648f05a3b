package mirror.tiers;

/**
 * A model as one provider offers it.
 *
 * @param name the provider's name of it
 * @param context how many tokens fit in, answer included
 * @param output how many tokens an answer has at most
 * @param thinks whether it takes an effort or a budget for its thoughts
 * @param tools whether it takes tools, as far as the owner says
 * @param images whether it takes images, likewise
 */
public record Model(String name, long context, long output, boolean thinks, Known tools, Known images, Price price) {}
