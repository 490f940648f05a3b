package mirror.surface.hook;

import mirror.bus.Json;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the shim is told. Its first line is a literal that the shim knows; anything else, an error page or a cut answer, is no
 * permission.
 */
public sealed interface HookReply {
    /** Print this for the client, which may be nothing, and succeed. */
    record Print(String text) implements HookReply {}

    /** Fail with exit 2 and this reason. */
    record Refuse(String reason) implements HookReply {}

    /** Ask again; the owner has not answered yet. */
    record Wait(String approval) implements HookReply {}

    default String wire() {
        return switch (this) {
            case Print(String text) -> "MIRROR1 print\n" + text + "\nMIRROR1 end";
            case Refuse(String reason) -> "MIRROR1 refuse\n" + reason + "\nMIRROR1 end";
            case Wait(String approval) -> "MIRROR1 wait\n" + approval + "\nMIRROR1 end";
        };
    }

    /** Nothing to say. */
    static HookReply nothing() {
        return new Print("");
    }

    /** An answer in the form that Claude Code began: one object {@code hookSpecificOutput}. */
    static HookReply specific(ObjectNode specific) {
        ObjectNode output = Json.object();
        output.set("hookSpecificOutput", specific);
        return new Print(Json.MAPPER.writeValueAsString(output));
    }
}
