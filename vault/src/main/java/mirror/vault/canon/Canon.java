package mirror.vault.canon;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.AtomicFiles;
import mirror.trust.Sensitivity;
import mirror.vault.canon.Claim.Standing;
import mirror.vault.canon.Claims.Known;

/**
 * The notes that are made from claims: one for each thing they are about, one for each claim, one for each piece of evidence, and a
 * table of each kind. A pure function: the same claims give the same bytes, in whatever order they came. Text of others is written so
 * that it means nothing to Obsidian but itself.
 */
final class Canon {
    static final String FOLDER = "Mirror/";

    /** Between these lines a note of the canon is Mirror's; everything else in it is the owner's. */
    static final String BEGIN =
            "<!-- mirror:canon: made from claims; what you write outside of these two lines stays -->";

    static final String END = "<!-- /mirror:canon -->";

    private static final Pattern PARAGRAPH = Pattern.compile("\\R[ \\t]*\\R\\s*");

    private final Known known;

    private Canon(Known known) {
        this.known = known;
    }

    /**
     * All notes by path.
     *
     * @param whole notes that are Mirror's from the first byte to the last
     * @param parts what stands between the marks of a note of the canon
     */
    record Notes(SortedMap<String, String> whole, SortedMap<String, Part> parts) {}

    /** @param head what a new note begins with, before the marks */
    record Part(String head, String text) {}

    static Notes of(Known known) {
        return new Canon(known).notes();
    }

    private Notes notes() {
        Notes notes = new Notes(new TreeMap<>(), new TreeMap<>());
        SortedMap<String, List<Claim>> subjects = new TreeMap<>();
        known.claims().values().forEach(claim -> {
            notes.whole.put(claimPath(claim), claim(claim));
            subjects.computeIfAbsent(subject(claim), _ -> new ArrayList<>()).add(claim);
        });
        subjects.forEach((path, claims) -> notes.parts.put(path, part(claims)));
        if (!known.evidence().isEmpty()) {
            notes.whole.put(
                    FOLDER + "evidence.base",
                    table("evidence", "source, sha256, bytes, added, changed, sensitivity", "changed"));
            notes.whole.put(
                    FOLDER + "claims.base",
                    table("claims", "says, about, standing, disputed, stale, evidence, admitted", "disputed"));
            notes.whole.put(FOLDER + "canon.base", table("canon", "about, sensitivity", ""));
        }
        return notes;
    }

    // ---- names

    static String evidencePath(Evidence evidence) {
        return FOLDER + "evidence/" + name(evidence.name()) + " " + evidence.id() + ".md";
    }

    static String claimPath(Claim claim) {
        return FOLDER + "claims/" + claim.id() + ".md";
    }

    /** What is more than internal stands in a note of its own, which says so. */
    private String subject(Claim claim) {
        Sensitivity sensitivity = sensitivity(claim);
        String name = name(claim.about());
        // Two things whose names differ only in what no file may be called.
        String mark = name.equals(claim.about())
                ? ""
                : " "
                        + AtomicFiles.digest(claim.about().getBytes(StandardCharsets.UTF_8))
                                .substring(0, 6);
        return FOLDER + "canon/" + name + mark
                + (sensitivity.compareTo(Sensitivity.INTERNAL) > 0 ? " (" + sensitivity.text() + ")" : "") + ".md";
    }

    private Sensitivity sensitivity(Claim claim) {
        return known.of(claim).sensitivity();
    }

    /** As a file may be called on every system, and linked to in Obsidian. */
    static String name(String text) {
        String clean = text.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}\\\\/:*?\"<>|#^\\[\\]%]+", "-")
                .replaceAll("\\s+", " ")
                .replaceAll("^[. ]+|[. ]+$", "");
        int end = Math.min(80, clean.length());
        if (end > 0 && Character.isHighSurrogate(clean.charAt(end - 1))) {
            end--;
        }
        return clean.isEmpty() ? "unnamed" : clean.substring(0, end).strip();
    }

    private static String link(String path, String anchor, String text) {
        return "[[" + path.substring(0, path.length() - ".md".length()) + anchor + "|" + text + "]]";
    }

    // ---- a thing

    private Part part(List<Claim> claims) {
        Claim any = claims.getFirst();
        String head = "---\nkind: canon\nabout: " + quoted(any.about()) + "\nsensitivity: "
                + sensitivity(any).text() + "\n---\n\n# " + literal(any.about()) + "\n\n";
        StringBuilder text = new StringBuilder();
        for (Standing standing : Standing.values()) {
            List<Claim> some = claims.stream()
                    .filter(claim -> claim.standing() == standing)
                    .sorted(Comparator.comparing((Claim claim) -> claim.says().toLowerCase(Locale.ROOT))
                            .thenComparing(Claim::id))
                    .toList();
            if (!some.isEmpty()) {
                text.append("## ").append(heading(standing)).append("\n\n");
                some.forEach(claim -> text.append(sentence(claim)));
                text.append('\n');
            }
        }
        return new Part(head, text.toString().stripTrailing() + "\n");
    }

    private static String heading(Standing standing) {
        return switch (standing) {
            case FACT -> "Facts";
            case ESTIMATE -> "Estimates";
            case UNKNOWN -> "Unknown";
        };
    }

    private String sentence(Claim claim) {
        Evidence source = known.of(claim);
        StringBuilder line = new StringBuilder("- ")
                .append(literal(claim.says()))
                .append(" (")
                .append(link(claimPath(claim), "", claim.id().substring(0, 6)))
                .append(", ")
                .append(link(evidencePath(source), "#^p" + claim.block(), name(source.name())))
                .append(')');
        known.against(claim.id())
                .forEach((id, why) -> line.append(" **Disputed** by ")
                        .append(link(FOLDER + "claims/" + id + ".md", "", id.substring(0, 6)))
                        .append(": ")
                        .append(literal(why))
                        .append('.'));
        if (source.isChanged()) {
            line.append(" **Its evidence has changed.**");
        }
        return line.append('\n').toString();
    }

    // ---- a claim

    private String claim(Claim claim) {
        Evidence source = known.of(claim);
        SortedMap<String, String> against = known.against(claim.id());
        StringBuilder text = new StringBuilder("---\nkind: claim\n")
                .append("says: ")
                .append(quoted(claim.says()))
                .append('\n')
                .append("about: ")
                .append(quoted(claim.about()))
                .append('\n')
                .append("standing: ")
                .append(claim.standing().name())
                .append('\n');
        if (!claim.key().isEmpty()) {
            text.append("key: ")
                    .append(quoted(claim.key()))
                    .append("\nvalue: ")
                    .append(quoted(claim.value()))
                    .append('\n');
        }
        text.append("disputed: ")
                .append(!against.isEmpty())
                .append('\n')
                .append("stale: ")
                .append(source.isChanged())
                .append('\n')
                .append("evidence: ")
                .append('"' + link(evidencePath(source), "#^p" + claim.block(), source.id()) + '"')
                .append('\n')
                .append("sha256: ")
                .append(source.sha256())
                .append('\n')
                .append("sensitivity: ")
                .append(source.sensitivity().text())
                .append('\n')
                .append("admitted: ")
                .append(claim.time().toString(), 0, 10)
                .append('\n')
                .append("by: ")
                .append(quoted(claim.by()))
                .append('\n')
                .append("---\n\n")
                .append(literal(claim.says()))
                .append("\n\n");
        claim.quote()
                .lines()
                .forEach(line -> text.append("> ").append(literal(line)).append('\n'));
        against.forEach((id, why) -> text.append("\nDisputed by ")
                .append(link(FOLDER + "claims/" + id + ".md", "", id.substring(0, 6)))
                .append(": ")
                .append(literal(why))
                .append(".\n"));
        return text.toString();
    }

    // ---- evidence

    /** The view of a piece of evidence: its text in paragraphs, each with an id that can be linked to. */
    static String evidence(Evidence evidence, String text) {
        StringBuilder note = new StringBuilder("---\nkind: evidence\n")
                .append("source: ")
                .append(quoted(evidence.source()))
                .append('\n')
                .append("sha256: ")
                .append(evidence.sha256())
                .append('\n')
                .append("bytes: ")
                .append(evidence.bytes())
                .append('\n')
                .append("added: ")
                .append(evidence.time().toString(), 0, 10)
                .append('\n')
                .append("changed: ")
                .append(evidence.isChanged())
                .append('\n')
                .append("sensitivity: ")
                .append(evidence.sensitivity().text())
                .append('\n')
                .append("---\n\n# ")
                .append(literal(evidence.name()))
                .append("\n");
        int paragraph = 0;
        for (String block : PARAGRAPH.splitAsStream(text).toList()) {
            if (!block.isBlank()) {
                note.append('\n');
                block.strip().lines().forEach(line -> note.append(literal(line)).append('\n'));
                note.append("^p").append(++paragraph).append('\n');
            }
        }
        return note.toString();
    }

    /** The number of the paragraph that a character stands in, as the view counts them. */
    static int paragraph(String text, int at) {
        int number = 1;
        Matcher gap = PARAGRAPH.matcher(text);
        for (int start = 0; gap.find() && gap.end() <= at; start = gap.end()) {
            number += text.substring(start, gap.start()).isBlank() ? 0 : 1;
        }
        return number;
    }

    // ---- what Obsidian reads

    private static String table(String folder, String columns, String flag) {
        String shown = "      - file.name\n      - " + columns.replace(", ", "\n      - ") + "\n";
        return "filters:\n  and:\n    - file.inFolder(\"" + FOLDER + folder
                + "\")\nviews:\n  - type: table\n    name: All\n    order:\n"
                + shown
                + (flag.isEmpty()
                        ? ""
                        : "  - type: table\n    name: " + flag.substring(0, 1).toUpperCase(Locale.ROOT)
                                + flag.substring(1) + "\n    filters:\n      and:\n        - " + flag
                                + " == true\n    order:\n" + shown);
    }

    /** A YAML text in double quotes, on one line. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                // Else Obsidian takes it for a link.
                case '[' -> quoted.append("\\u005B");
                default -> {
                    if (c < ' '
                            || (c >= 0x7f && c < 0xa0)
                            || c == 0x2028
                            || c == 0x2029
                            || c == 0xfeff
                            || (c >= 0xd800 && c < 0xe000)) {
                        quoted.append("\\u%04X".formatted(c >= 0xd800 && c < 0xe000 ? 0xfffd : c));
                    } else {
                        quoted.appendCodePoint(c);
                    }
                }
            }
        });
        return quoted.append('"').toString();
    }

    /** Text as Markdown that shows exactly it: nothing in it is a link, a mark, a tag, a comment or a command. */
    static String literal(String text) {
        StringBuilder literal = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c < 128 && c > ' ' && !Character.isLetterOrDigit(c) && ".,;?'\"()/".indexOf(c) < 0) {
                literal.append('\\').appendCodePoint(c);
            } else if (c == '\t') {
                literal.append(' ');
            } else if (c >= ' '
                    && (c < 0x7f || c >= 0xa0)
                    && !(c >= 0xd800 && c < 0xe000)
                    && c != 0x2028
                    && c != 0x2029) {
                literal.appendCodePoint(c);
            }
        });
        return literal.toString();
    }
}
