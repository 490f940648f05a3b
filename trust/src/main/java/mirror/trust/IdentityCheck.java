package mirror.trust;

import java.util.Optional;

/** Protected fields of the identity need the owner's yes to exactly that change, whatever a lease says; fixed ones never change. */
public record IdentityCheck(Identity identity) implements Check {
    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        for (Effect effect : action.effects()) {
            if (effect instanceof Effect.Memory(String scope, boolean write)
                    && write
                    && scope.startsWith(Identity.SCOPE)) {
                String field = scope.substring(Identity.SCOPE.length());
                switch (identity.protection(field)) {
                    case OPEN -> {}
                    case PROTECTED -> {
                        return Optional.of(new Policy.Match(
                                Verdict.ASK, "identity", "the field '" + field + "' of your identity is protected"));
                    }
                    case FIXED -> {
                        return Optional.of(new Policy.Match(
                                Verdict.BLOCK, "identity", "the field '" + field + "' of the identity is fixed"));
                    }
                }
            }
        }
        return Optional.empty();
    }
}
