package mirror.tiers;

import org.jspecify.annotations.Nullable;

/**
 * A model as one provider offers it.
 *
 * @param name the provider's name of it
 * @param context how many tokens fit in, answer included
 * @param output how many tokens an answer has at most
 * @param thinks whether it takes an effort or a budget for its thoughts
 * @param tools whether it takes tools, as far as the owner says
 * @param images whether it takes images, likewise
 * @param gguf its file, when it runs in this process
 */
public record Model(
        String name,
        long context,
        long output,
        boolean thinks,
        Known tools,
        Known images,
        Price price,
        @Nullable Gguf gguf) {
    /** A model that somebody else runs. */
    public Model(String name, long context, long output, boolean thinks, Known tools, Known images, Price price) {
        this(name, context, output, thinks, tools, images, price, null);
    }

    /** A model that runs in this process, which takes neither tools nor images, and costs nothing. */
    public Model(String name, long context, long output, Gguf gguf) {
        this(name, context, output, false, Known.NO, Known.NO, Price.FREE, gguf);
    }
}
