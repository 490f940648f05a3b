package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Policy;

/** The owner's rules. */
record PolicyCommand() implements Command {
    @Override
    public String name() {
        return "policy";
    }

    @Override
    public String usage() {
        return "policy show|check|sign";
    }

    @Override
    public String summary() {
        return "show the rules, check an edited file, or sign it and put it in force";
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args());
        var store = core.policies();
        switch (options.one(this)) {
            case "show" -> out.print(Files.readString(store.file()));
            case "check" -> {
                Policy policy = Policy.parse(Files.readAllBytes(store.file()));
                String refusal = store.current().refusal();
                out.line(policy.size() + " rules, all sound; "
                        + (refusal == null ? "in force" : "not in force: " + refusal));
                return refusal == null ? Exit.OK : Exit.NO;
            }
            case "sign" -> {
                Policy policy = store.sign();
                core.projector().record(signed(policy));
                out.line(policy.size() + " rules signed and in force, policy " + policy.digest());
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        }
        return Exit.OK;
    }

    static Draft signed(Policy policy) {
        return Draft.of(
                "mirror.policy.signed.v1",
                "owner",
                Json.object().put("sha256", policy.digest()).put("rules", policy.size()));
    }
}
