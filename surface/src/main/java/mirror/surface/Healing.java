package mirror.surface;

import mirror.pulse.heal.HealFolder;
import mirror.pulse.heal.Healer;
import mirror.pulse.reap.Reaper;

/** What mends, and what ends processes that nobody is left for; in the daemon alone. */
public record Healing(Healer healer, HealFolder fixes, Reaper reaper) {}
