package mirror.surface.cli;

import java.io.IOException;
import mirror.bus.FileWrite;
import mirror.surface.Core;
import mirror.trust.AirGap;

/** Cuts agents off the network, and connects them again. */
record AirgapCommand() implements Command {
    @Override
    public String name() {
        return "airgap";
    }

    @Override
    public String usage() {
        return "airgap [on|off]";
    }

    @Override
    public String summary() {
        return "let nothing agents do leave the machine, or let it again";
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args());
        String what = options.rest().isEmpty() ? "" : options.one(this);
        switch (what) {
            case "on" ->
                core.files()
                        .write(FileWrite.bare(core.home().airGap(), "nothing leaves this machine\n")
                                .by("owner"));
            case "off" ->
                core.files()
                        .write(FileWrite.removal(core.home().airGap(), FileWrite.Care.BARE)
                                .by("owner"));
            case "" -> {}
            default -> throw CliException.usage("usage: mirror " + usage());
        }
        out.line(
                new AirGap(core.home()).isOn()
                        ? "the air gap is on: nothing agents do leaves the machine"
                        : "the air gap is off");
        return Exit.OK;
    }
}
