package mirror.surface.report;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a morning report says.
 *
 * @param date the local day that it opens
 * @param from number of the first event that it tells of
 * @param upto number of the last one
 * @param late whether its hour was over by more than a little when it was made
 */
record Report(LocalDate date, ZoneId zone, Instant made, boolean late, long from, long upto, List<Section> sections) {
    Report {
        sections = List.copyOf(sections);
    }

    /**
     * A part of it.
     *
     * @param count how many there are of what it is about
     * @param trouble why it could not be read, or null; then nothing is known, and not nothing
     */
    record Section(
            String name,
            int count,
            List<Line> lines,
            @Nullable String trouble) {
        Section {
            lines = List.copyOf(lines);
        }
    }

    /**
     * One line.
     *
     * @param text Markdown
     * @param source what it rests on: the id of an event, or the command that shows more
     */
    record Line(String text, String source) {}

    private int count(String section) {
        return sections.stream()
                .filter(each -> each.name.equals(section))
                .mapToInt(Section::count)
                .sum();
    }

    /** The report as a note. */
    String markdown() {
        StringBuilder text = new StringBuilder("---\ntype: morning-report\ndate: " + date + "\nzone: " + zone
                + "\nmade: " + made + "\nevents: " + from + "-" + upto + "\n---\n\n# Morning report, " + date + "\n\n");
        if (late) {
            text.append("Made late, at ")
                    .append(made.atZone(zone).toLocalDateTime().withNano(0))
                    .append(": Mirror was not awake at its hour. It is the report of the night to ")
                    .append(date)
                    .append(" and of what came after.\n\n");
        }
        for (Section section : sections) {
            text.append("## ").append(section.name).append("\n\n");
            if (section.trouble != null) {
                text.append("- could not be read: ")
                        .append(Md.words(section.trouble))
                        .append('\n');
            } else if (section.lines.isEmpty()) {
                text.append("- nothing\n");
            }
            for (Line line : section.lines) {
                text.append("- ")
                        .append(line.text)
                        .append(" (")
                        .append(Md.code(line.source))
                        .append(")\n");
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Numbers alone: a phone's screen is everybody's. */
    String brief() {
        StringBuilder text = new StringBuilder();
        for (Section section : sections) {
            if (section.trouble != null) {
                text.append(section.name).append(": could not be read\n");
            } else if (section.count > 0) {
                text.append(section.name).append(": ").append(section.count).append('\n');
            }
        }
        return (text.isEmpty() ? "A quiet night.\n" : text) + "mirror report";
    }

    ObjectNode json() {
        ObjectNode json = Json.object()
                .put("date", date.toString())
                .put("zone", zone.toString())
                .put("made", made.toString())
                .put("late", late)
                .put("from", from)
                .put("upto", upto);
        ArrayNode array = json.putArray("sections");
        for (Section section : sections) {
            ObjectNode node = array.addObject().put("name", section.name);
            if (section.trouble != null) {
                node.put("trouble", section.trouble);
            } else {
                node.put("count", section.count);
            }
            ArrayNode lines = node.putArray("lines");
            section.lines.forEach(
                    line -> lines.addObject().put("text", line.text).put("source", line.source));
        }
        return json;
    }

    /** Whether any of the sections that need the owner have something. */
    boolean isUrgent() {
        return count(Night.APPROVALS) + count(Night.INCIDENTS) + count(Night.ALARMS) > 0;
    }
}
