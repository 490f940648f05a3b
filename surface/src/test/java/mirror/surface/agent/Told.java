package mirror.surface.agent;

import java.util.ArrayList;
import java.util.List;

/** The standard input of a client that only listens. */
final class Told implements AgentProtocol.Input {
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    @Override
    public void line(String text) {
        lines.add(text);
    }

    @Override
    public void end() {
        ended = true;
    }

    List<String> lines() {
        return lines;
    }

    boolean ended() {
        return ended;
    }
}
