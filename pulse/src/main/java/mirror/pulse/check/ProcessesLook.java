package mirror.pulse.check;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether programs of these names run at all, whoever started them. */
public final class ProcessesLook implements Check.Look {
    private final Supplier<List<String>> names;
    private final Supplier<Stream<String>> commands;

    /** @param names file names of programs, such as {@code ollama}; asked at each look */
    public ProcessesLook(Supplier<List<String>> names) {
        this(names, () -> ProcessHandle.allProcesses().flatMap(each -> each.info().command().stream()));
    }

    /** @param commands paths of the programs of all processes */
    ProcessesLook(Supplier<List<String>> names, Supplier<Stream<String>> commands) {
        this.names = names;
        this.commands = commands;
    }

    @Override
    public Map<String, Finding> look() {
        Set<String> running = commands.get()
                .map(command -> String.valueOf(Path.of(command).getFileName()))
                .collect(Collectors.toSet());
        Map<String, Finding> found = new TreeMap<>();
        for (String name : names.get()) {
            found.put(
                    name,
                    running.contains(name)
                            ? Finding.ok("it runs")
                            : Finding.failing("no process of that name runs, as far as this account can see"));
        }
        return found;
    }
}
