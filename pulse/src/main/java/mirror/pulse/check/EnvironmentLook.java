package mirror.pulse.check;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Whether processes of services have the variables that their files give them. Names alone are told, never values. */
public final class EnvironmentLook implements Check.Look {
    private final Supplier<Map<String, List<String>>> lost;

    /** @param lost names that are missing or have another value, by service, for each of which that is known */
    public EnvironmentLook(Supplier<Map<String, List<String>>> lost) {
        this.lost = lost;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        lost.get()
                .forEach((service, names) -> found.put(
                        service,
                        names.isEmpty()
                                ? Finding.ok("its process has the variables that its file gives it")
                                : Finding.failing("its process has not the " + String.join(", ", names)
                                        + " that its file gives it; restart it, or look what it is started by")));
        return found;
    }
}
