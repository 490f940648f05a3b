package mirror.surface.cli;

import java.util.Map;
import java.util.TreeMap;
import mirror.pulse.check.Check;
import mirror.pulse.check.Finding;
import mirror.surface.Core;
import mirror.surface.hook.Connections;

/** The subsystems of Mirror itself, as {@code mirror status} finds them. What is turned off, or waits for the owner, is no fault. */
public record HealthLook(Core core, Connections clients) implements Check.Look {
    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        for (Health.Part part : Health.parts(core, clients)) {
            found.put(
                    part.name(),
                    part.state() == Health.State.FAULT ? Finding.failing(part.detail()) : Finding.ok(part.detail()));
        }
        return found;
    }
}
