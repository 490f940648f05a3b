package mirror.vault.upkeep;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.trust.Sensitivity;
import mirror.vault.Note;
import mirror.vault.NoteParser;
import mirror.vault.NoteText;
import mirror.vault.Noted;

/**
 * One new note out of several: the newest text as it stands, then every paragraph that only an older one has, each with a link to
 * where it is from. Nothing is summarised or left out, the sources are not touched, and the same sources give the same bytes. It is as
 * confidential as the most confidential source.
 *
 * @param path where it should be: beside the newest source
 */
public record Distillate(String path, String text) {
    /** What ends or means something else in a link in double brackets. */
    private static final Pattern ODD = Pattern.compile("[\\[\\]|#^<>\\\\%]");

    private static final Pattern BLANK = Pattern.compile("(?:[ \\t]*\\R)*[ \\t]*");
    private static final Pattern FENCE = Pattern.compile(" {0,3}(```+|~~~+).*");

    /** @param sources two or more, in any order */
    public static Distillate of(List<Noted> sources, Duplicates.Reader reader) throws IOException {
        List<Noted> ordered = Duplicates.newestFirstOf(sources);
        List<String> texts = new ArrayList<>();
        for (Noted source : ordered) {
            texts.add(NoteText.of(reader.read(source.path()))
                    .replace("\r\n", "\n")
                    .replace('\r', '\n'));
        }
        String newest = NoteText.body(texts.getFirst());
        StringBuilder text = new StringBuilder(front(ordered, texts)).append(newest);
        Set<String> known = new HashSet<>();
        paragraphs(newest).forEach(paragraph -> known.add(key(paragraph)));
        for (int i = 1; i < texts.size(); i++) {
            for (String paragraph : paragraphs(NoteText.body(texts.get(i)))) {
                if (known.add(key(paragraph))) {
                    text.append(text.toString().endsWith("\n") ? "\n" : "\n\n")
                            .append(paragraph)
                            .append("\n\n*From ")
                            .append(link(ordered.get(i).path()))
                            .append("*\n");
                }
            }
        }
        return new Distillate(name(ordered.getFirst().path()), text.toString());
    }

    private static String front(List<Noted> sources, List<String> texts) {
        StringBuilder front = new StringBuilder("---\nsources:\n");
        sources.forEach(source -> front.append("  - ")
                .append(Json.MAPPER.writeValueAsString(link(source.path())))
                .append('\n'));
        Set<String> tags = new LinkedHashSet<>();
        Sensitivity most = Sensitivity.PUBLIC;
        boolean isLabelled = false;
        for (String text : texts) {
            Note note = NoteParser.parse(text);
            note.properties().entrySet().stream()
                    .filter(each -> Set.of("tags", "tag").contains(each.getKey().toLowerCase(Locale.ROOT)))
                    .map(Map.Entry::getValue)
                    .forEach(tags::addAll);
            Sensitivity own = Sensitivity.ofLabel(note.sensitivity());
            most = own.within(most) ? most : own;
            isLabelled |= !note.sensitivity().isEmpty();
        }
        if (!tags.isEmpty()) {
            front.append("tags:\n");
            tags.forEach(tag -> front.append("  - ")
                    .append(Json.MAPPER.writeValueAsString(tag))
                    .append('\n'));
        }
        if (isLabelled) {
            front.append("sensitivity: ").append(most.text()).append('\n');
        }
        return front.append("---\n").toString();
    }

    /** What blank lines part; a block of code stays whole. */
    static List<String> paragraphs(String body) {
        List<String> paragraphs = new ArrayList<>();
        StringBuilder paragraph = new StringBuilder();
        String fence = "";
        for (String line : body.split("\n", -1)) {
            var opens = FENCE.matcher(line);
            if (fence.isEmpty() && line.isBlank()) {
                add(paragraphs, paragraph);
                continue;
            }
            paragraph.append(line).append('\n');
            if (fence.isEmpty() && opens.matches()) {
                fence = opens.group(1);
            } else if (!fence.isEmpty()
                    && line.strip().startsWith(fence)
                    && line.strip().chars().distinct().count() == 1) {
                fence = "";
            }
        }
        add(paragraphs, paragraph);
        return paragraphs;
    }

    private static void add(List<String> paragraphs, StringBuilder paragraph) {
        String text = paragraph.toString().stripTrailing();
        if (!BLANK.matcher(text).matches()) {
            paragraphs.add(text);
        }
        paragraph.setLength(0);
    }

    /** By which paragraphs are the same; of code every blank and every case counts. */
    private static String key(String paragraph) {
        boolean isCode = paragraph.lines().anyMatch(line -> FENCE.matcher(line).matches());
        return isCode ? paragraph : paragraph.replaceAll("\\s+", " ").strip().toLowerCase(Locale.ROOT);
    }

    /** A link to the note by its path, which means it and no other whatever else has its name. */
    static String link(String path) {
        String target = path.replaceFirst("(?i)\\.md$", "");
        if (!ODD.matcher(target).find() && target.chars().noneMatch(Character::isISOControl)) {
            return "[[" + target + "]]";
        }
        StringBuilder escaped = new StringBuilder();
        for (byte each : path.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            boolean isPlain = (each >= '0' && each <= '9')
                    || (each >= 'A' && each <= 'Z')
                    || (each >= 'a' && each <= 'z')
                    || "/-_.".indexOf(each) >= 0;
            escaped.append(isPlain ? String.valueOf((char) each) : "%%%02X".formatted(each & 0xff));
        }
        return "[source](" + escaped + ")";
    }

    private static String name(String newest) {
        int slash = newest.lastIndexOf('/') + 1;
        String stem = newest.substring(slash).replaceFirst("(?i)\\.md$", "");
        return newest.substring(0, slash) + stem + " (distilled).md";
    }
}
