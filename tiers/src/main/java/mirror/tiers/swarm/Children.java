package mirror.tiers.swarm;

import java.util.List;
import java.util.Optional;

/**
 * The block with which an answer asks for children: a line {@code ```mirror-children}, a JSON array of tasks, a line {@code ```}. There may
 * be one; what else the answer says around it is kept as the first answer.
 */
final class Children {
    static final String FENCE = "```mirror-children";
    private static final String END = "```";

    private Children() {}

    /**
     * The JSON of the block, if there is one.
     *
     * @throws GraphFault when there are several, or one without an end
     */
    static Optional<String> in(String answer) throws GraphFault {
        StringBuilder json = null;
        boolean inside = false;
        for (String line : answer.lines().toList()) {
            if (line.stripTrailing().equals(FENCE)) {
                if (json != null) {
                    throw new GraphFault(List.of("there are several blocks that ask for children"));
                }
                json = new StringBuilder();
                inside = true;
            } else if (inside && line.stripTrailing().equals(END)) {
                inside = false;
            } else if (inside && json != null) {
                json.append(line).append('\n');
            }
        }
        if (inside) {
            throw new GraphFault(List.of("the block that asks for children has no end"));
        }
        return Optional.ofNullable(json).map(StringBuilder::toString);
    }
}
