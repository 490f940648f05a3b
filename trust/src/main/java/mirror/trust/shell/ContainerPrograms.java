package mirror.trust.shell;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;

/**
 * Containers. One that keeps its walls is a place of its own: it may be started and stopped like any program, and what runs inside
 * reaches this machine only through what is mounted, which is written. What opens the walls, and what loses a container, an image
 * or a volume, changes the machine.
 */
final class ContainerPrograms {
    /** Options of {@code run} that give away the host. */
    private static final Set<String> OPENS = Words.of("""
            privileged cap-add device device-cgroup-rule security-opt pid ipc uts userns cgroupns cgroup-parent volumes-from
            sysctl runtime
            """);
    /** Options that address another engine than the one of this machine. */
    private static final Pattern ELSEWHERE = Pattern.compile("-[Hc].*|--(host|context|connection|url|remote).*");

    private static final Map<String, Character> VALUES = values();

    private static final Set<String> ORDINARY = Words.of("start stop restart up build pull tag wait attach");
    private static final Set<String> RUNS = Words.of("run exec create");
    private static final Set<String> TOPICS = Words.of("compose container image network volume buildx builder");

    private final Programs programs;
    private final Findings findings;
    private final Paths paths;

    ContainerPrograms(Programs programs) {
        this.programs = programs;
        this.findings = programs.findings();
        this.paths = programs.paths();
    }

    private static Map<String, Character> values() {
        Map<String, Character> kinds = new HashMap<>();
        Words.of("""
            a attach add-host annotation blkio-weight cap-add cap-drop cgroup-parent cgroupns cidfile c cpu-shares cpus
            cpuset-cpus detach-keys device device-cgroup-rule dns dns-search e env env-file entrypoint expose gpus group-add
            health-cmd health-interval h hostname index ip ipc l label label-file link log-driver log-opt m memory memory-swap
            mount name net network network-alias p publish pid pids-limit platform pull restart runtime scale security-opt
            shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit u user userns uts v volume volume-driver
            volumes-from w workdir
            """).forEach(name -> kinds.put(name, 'v'));
        return Map.copyOf(kinds);
    }

    void apply(Call call) {
        List<Value> operands = call.operands();
        int at = !operands.isEmpty() && TOPICS.contains(operands.getFirst().shown()) ? 1 : 0;
        String topic = call.program().endsWith("-compose") ? "compose" : at == 0 ? "" : call.verb();
        String verb = operands.size() <= at ? "" : operands.get(at).shown();
        if (verb.equals("push") || (call.has("push") && (verb.equals("build") || verb.equals("bake")))) {
            findings.add(new Effect.Publish("container image " + call.words(1), true));
        } else if (RUNS.contains(verb) && (topic.isEmpty() || topic.equals("container") || topic.equals("compose"))) {
            inside(call, verb);
        } else if (verb.equals("cp")) {
            operands.stream()
                    .skip(at + 1)
                    .filter(place -> place.shown().indexOf(':') < 0)
                    .forEach(place ->
                            paths.touch(place, call.state(), place.equals(operands.getLast()) ? Use.WRITE : Use.READ));
        } else if (!isOrdinary(topic, verb, call, operands.subList(Math.min(at + 1, operands.size()), operands.size()))
                && !SystemPrograms.reads(call, 2)) {
            changes(call);
        }
    }

    private static boolean isOrdinary(String topic, String verb, Call call, List<Value> names) {
        boolean known = names.stream().allMatch(Value::isKnown);
        return known
                && !isElsewhere(call, verb)
                && (ORDINARY.contains(verb)
                        || ((topic.equals("network") || topic.equals("volume")) && verb.equals("create"))
                        || (topic.equals("compose")
                                && verb.equals("down")
                                && !call.has("v", "volumes", "rmi")
                                && !call.arguments().dynamic()));
    }

    private static boolean isElsewhere(Call call, String verb) {
        return call.args().stream()
                .takeWhile(arg -> !arg.is(verb))
                .anyMatch(arg -> ELSEWHERE.matcher(arg.shown()).matches());
    }

    private void changes(Call call) {
        findings.add(new Effect.Machine(call.program() + " changes containers: " + call.words(0)));
    }

    /** {@code run} and {@code exec}: the options before the image, and the command after it. */
    private void inside(Call call, String verb) {
        List<Value> args = call.args();
        int from = 0;
        while (from < args.size() && !args.get(from).is(verb)) {
            from++;
        }
        Arguments parsed =
                Arguments.parse(VALUES, args.subList(Math.min(from + 1, args.size()), args.size()), 1, false, false);
        boolean opens = parsed.dynamic() || isElsewhere(call, verb);
        List<Value> argv = new ArrayList<>();
        for (Arguments.Option option : parsed.options()) {
            Value value = option.value();
            opens |= OPENS.stream().anyMatch(name -> option.name().length() > 1 && name.startsWith(option.name()));
            if (value == null) {
                continue;
            }
            switch (option.name()) {
                case "v", "volume" -> mounted(value, call);
                case "mount" -> {
                    int source = Math.max(
                            value.lead().indexOf("source="), value.lead().indexOf("src="));
                    if (value.hasUnknown()) {
                        findings.opaque("what a container mounts is not known: " + value.shown());
                    } else if (source >= 0) {
                        String rest = value.shown().substring(source);
                        mounted(Value.of(rest.substring(rest.indexOf('=') + 1).replaceFirst(",.*", "")), call);
                    }
                }
                case "entrypoint" -> argv.add(value);
                case "env-file", "label-file" -> paths.touch(value, call.state(), Use.READ);
                default -> {}
            }
        }
        argv.addAll(parsed.rest());
        if (opens) {
            changes(call);
        } else if (!argv.isEmpty() && !isHarmless(programs.interpreter().separately(argv, call.state(), call.io()))) {
            findings.add(new Effect.Machine(
                    call.program() + " destroys or hides something in a container: " + call.words(0)));
        }
    }

    /** A source with a slash is a path of this machine, another is the name of a volume. */
    private void mounted(Value mount, Call call) {
        String source = mount.shown();
        int colon = source.indexOf(':');
        if (!mount.isKnown() && mount.lead().isEmpty()) {
            paths.touch(mount, call.state(), Use.WRITE);
        } else if (source.indexOf('/') == 0 || "~.$".indexOf(source.isEmpty() ? ' ' : source.charAt(0)) >= 0) {
            paths.touch(
                    mount.isKnown() && colon > 0 ? Value.of(source.substring(0, colon)) : mount,
                    call.state(),
                    Use.WRITE);
        }
    }

    /** Files in a container are not those of this machine, but what is lost there is lost too. */
    private static boolean isHarmless(List<Effect> effects) {
        return effects.stream().allMatch(effect -> switch (effect) {
            case Effect.Run run -> true;
            case Effect.Read read -> true;
            case Effect.Write write -> true;
            case Effect.Egress egress -> true;
            case Effect.Delete(java.nio.file.Path path, boolean recursive) -> path.startsWith("/tmp");
            default -> false;
        });
    }
}
