package mirror.tiers;

/** One model of one provider that may answer a call. */
public record Candidate(Provider provider, Model model) {
    /** {@code provider/model}. */
    public String name() {
        return provider.name() + "/" + model.name();
    }
}
