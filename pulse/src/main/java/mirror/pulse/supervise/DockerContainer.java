package mirror.pulse.supervise;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Services that are containers, by {@code docker}. The end of one is an event too: {@code docker wait} ends with it. Give the container no
 * restart policy of its own.
 */
final class DockerContainer implements Backend {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Tools tools;
    private final Pause pause;

    /** What Docker knows of a container. */
    private record State(boolean running, long pid, int code, boolean memory, String started) {}

    DockerContainer(Tools tools, Pause pause) {
        this.tools = tools;
        this.pause = pause;
    }

    private static String name(Service service) {
        return ((Service.Kind.Docker) service.kind()).container();
    }

    @Override
    public Started start(Service service, String mark) throws IOException, InterruptedException {
        String name = name(service);
        docker("docker", "start", name);
        State state = inspect(name);
        if (!state.running) {
            throw new IOException("docker started " + name + ", but it ended at once with exit code " + state.code);
        }
        return running(name, state);
    }

    @Override
    public Optional<Started> find(Service service) throws IOException, InterruptedException {
        State state = inspect(name(service));
        return state.running ? Optional.of(running(name(service), state)) : Optional.empty();
    }

    private Started running(String name, State state) throws IOException {
        CompletableFuture<Ending> end = new CompletableFuture<>();
        Process wait = tools.begin(List.of("docker", "wait", name));
        Thread.ofVirtual().name("docker-" + name).start(() -> await(name, state, wait, end));
        return new Started(0, state.started, end);
    }

    /** While Docker itself is away nothing is known of the container, so that is not its end. */
    private void await(String name, State before, Process wait, CompletableFuture<Ending> end) {
        Process waiting = wait;
        try {
            while (true) {
                waiting.waitFor();
                try {
                    State now = inspect(name);
                    if (!now.running || !now.started.equals(before.started)) {
                        end.complete(new Ending(now.code, null, now.memory ? "yes" : "no"));
                        return;
                    }
                    waiting = tools.begin(List.of("docker", "wait", name));
                } catch (IOException e) {
                    if (String.valueOf(e.getMessage()).contains("No such")) {
                        end.complete(Ending.UNKNOWN);
                        return;
                    }
                }
                pause.rest(Duration.ofSeconds(1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private State inspect(String name) throws IOException, InterruptedException {
        String said = docker(
                "docker",
                "inspect",
                "--type",
                "container",
                "-f",
                "{{.State.Running}} {{.State.Pid}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.StartedAt}}",
                name);
        String[] words = said.strip().split(" ", -1);
        if (words.length != 5 || !words[1].matches("[0-9]{1,10}") || !words[2].matches("-?[0-9]{1,9}")) {
            throw new IOException("docker inspect " + name + " says what cannot be read: " + said);
        }
        return new State(
                words[0].equals("true"),
                Long.parseLong(words[1]),
                Integer.parseInt(words[2]),
                words[3].equals("true"),
                words[4]);
    }

    @Override
    public void halt(Service service, Started started, boolean kill) throws IOException, InterruptedException {
        if (kill) {
            docker("docker", "kill", name(service));
        } else {
            docker("docker", "kill", "--signal", "TERM", name(service));
        }
    }

    private String docker(String... argv) throws IOException, InterruptedException {
        Tools.Result result = tools.run(List.of(argv), PATIENCE);
        if (result.exit() != 0) {
            throw new IOException(String.join(" ", argv).replaceFirst("-f \\S.* ", "") + " ended with " + result.exit()
                    + ": " + result.output());
        }
        return result.output();
    }
}
