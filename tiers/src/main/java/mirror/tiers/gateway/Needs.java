package mirror.tiers.gateway;

import mirror.tiers.Candidate;
import mirror.tiers.Dialect;

/**
 * What can be told of a request from its top level and from the kinds of its parts, without building anything of it.
 *
 * @param bounded whether its own bytes bound its tokens
 * @param limit the most tokens that the client wants written; 0 when it does not say
 */
record Needs(
        Endpoint endpoint,
        int bytes,
        boolean bounded,
        long limit,
        int messages,
        int tools,
        boolean images,
        boolean thinking,
        boolean schema,
        boolean streams) {
    /** What providers put around a prompt: some hundred tokens for the use of tools. */
    private static final long AROUND = 1_024;

    /** Bytes that a token of a request has as a rule, and that it never has in one that people or programs write. */
    private static final int USUAL = 4;

    private static final int MOST = 8;

    private static final int SMALL = 2_048;

    /** Tokens of the request, as a rule. Images count by their bytes, which is too much. */
    long tokens() {
        return bytes / USUAL;
    }

    /**
     * How much work it looks like, from 0 to 100; the same request always gives the same. For each doubling of its bytes beyond 2 KB 6
     * (at most 36), for each message beyond the first 1 (at most 16), for each tool 1 (at most 16), for thinking 16, for images 8, for a
     * form that the answer must have 4, for an answer of more than 4,096 tokens 4. It says how much is asked, not how hard it is.
     */
    int complexity() {
        int doublings = bytes <= SMALL ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros((bytes - 1) / SMALL);
        int points = Math.min(36, 6 * doublings)
                + Math.min(16, Math.max(0, messages - 1))
                + Math.min(16, tools)
                + (thinking ? 16 : 0)
                + (images ? 8 : 0)
                + (schema ? 4 : 0)
                + (limit > 4_096 ? 4 : 0);
        return Math.min(100, points);
    }

    /** The most tokens that a model can be made to read by this many bytes: no tokenizer makes more tokens than bytes. */
    static long most(Endpoint endpoint, boolean bounded, Candidate candidate, long bytes) {
        long context = candidate.model().context();
        return endpoint.isFree() ? 0 : bounded ? Math.min(context, bytes + AROUND) : context;
    }

    /** What it can cost there at most, in millionths of a US dollar. */
    long mostMoney(Candidate candidate) {
        long output = candidate.model().output();
        long out =
                !endpoint.generates() ? 0 : limit == 0 ? output : speaks(candidate) ? limit : Math.min(limit, output);
        return candidate.model().price().most(most(endpoint, bounded, candidate, bytes), out);
    }

    private boolean speaks(Candidate candidate) {
        return candidate.provider().dialect() == endpoint.dialect();
    }

    /**
     * Whether the request cannot fit into what the model takes in. An image has far more bytes than tokens, and so says nothing. Ollama
     * drops the front of a prompt that is too long and says nothing of it, so there it is enough that it would not fit as a rule.
     */
    boolean exceeds(Candidate candidate) {
        int bytesOfToken = candidate.provider().dialect() == Dialect.OLLAMA ? USUAL : MOST;
        return !images && bounded && bytes / bytesOfToken > candidate.model().context();
    }
}
