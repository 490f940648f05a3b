package mirror.surface.hook;

import java.util.List;

/** Says whether a settings file of the client, as it is on disk now, still leaves Mirror's hooks in force. */
public interface SettingsGuard {
    /** One clause per fault; empty when nothing is lost. */
    List<String> faults(String file);
}
