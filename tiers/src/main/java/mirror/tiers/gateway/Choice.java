package mirror.tiers.gateway;

import java.util.List;
import mirror.tiers.Candidate;

/**
 * Who is asked for a call, and why.
 *
 * @param rule id of the route's rule that holds, or empty
 * @param why one sentence, or empty where the route's order alone decides
 * @param candidates who is tried, in that order; at least one
 * @param leftOut who is not, or last, and which rule could not be judged, each with its reason
 */
record Choice(String rule, String why, List<Candidate> candidates, List<String> leftOut) {}
