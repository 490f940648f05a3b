package mirror.tiers.gateway;

import java.util.function.Consumer;
import mirror.tiers.dialect.StreamEvent;

/**
 * Joins what another provider says to what the client has been told, as one message: its text goes on in the block that is open,
 * what it repeats is cut, its thoughts stay behind, since they are not about what was told, and its usage is added to that of the calls before. One
 * thread.
 */
final class Splice implements Consumer<StreamEvent> {
    private final Transcript told;
    private final Overlap overlap;
    private final Consumer<StreamEvent> out;
    private boolean hidden;
    private boolean tool;

    /** @param told hears what goes out, too */
    Splice(Transcript told, Overlap overlap, Consumer<StreamEvent> out) {
        this.told = told;
        this.overlap = overlap;
        this.out = out;
    }

    @Override
    public void accept(StreamEvent event) {
        switch (event) {
            case StreamEvent.Start start -> {
                if (!told.hasBegun()) {
                    out.accept(start);
                }
            }
            // It is opened with its first word, if it has one that is new.
            case StreamEvent.TextOpen opened -> {}
            case StreamEvent.TextDelta delta -> text(overlap.add(delta.text()));
            case StreamEvent.ThinkingOpen opened -> hide();
            case StreamEvent.RedactedOpen opened -> hide();
            case StreamEvent.ThinkingDelta delta -> alive();
            case StreamEvent.SignatureDelta delta -> alive();
            case StreamEvent.ToolOpen opened -> {
                closeText();
                tool = true;
                out.accept(opened);
            }
            case StreamEvent.ToolDelta delta -> out.accept(delta);
            case StreamEvent.Close close -> close();
            case StreamEvent.Ping ping -> alive();
            case StreamEvent.Finish finish -> {
                closeText();
                out.accept(new StreamEvent.Finish(finish.stop(), finish.stopSequence(), told.with(finish.usage())));
            }
            case StreamEvent.Failed failed -> out.accept(failed);
        }
    }

    private void text(String words) {
        if (!words.isEmpty()) {
            if (!told.isTextOpen()) {
                out.accept(new StreamEvent.TextOpen());
            }
            out.accept(new StreamEvent.TextDelta(words));
        }
    }

    private void hide() {
        hidden = true;
        alive();
    }

    private void close() {
        if (hidden) {
            hidden = false;
        } else if (tool) {
            tool = false;
            out.accept(new StreamEvent.Close());
        } else {
            closeText();
        }
    }

    private void closeText() {
        text(overlap.rest());
        if (told.isOpen()) {
            out.accept(new StreamEvent.Close());
        }
    }

    private void alive() {
        if (told.hasBegun()) {
            out.accept(new StreamEvent.Ping());
        }
    }
}
