package mirror.vault.triage;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the owner wants done with what comes in.
 *
 * @param inbox folder of the vault, as a path from its root
 * @param drop whether files that lie in the vault's root are taken too
 * @param pull folders outside of the vault
 * @param every how often everything is looked at
 * @param stable how long an entry must be unchanged
 * @param types folder for each type that a note's front matter may name, in lower case
 * @param rules the first that fits counts
 */
record Rules(
        String inbox,
        boolean drop,
        List<Path> pull,
        Duration every,
        Duration stable,
        Map<String, String> types,
        List<Rule> rules) {

    /** What stands when there is no {@code triage.yaml}, and what one can be begun with. */
    static final String DEFAULT = """
            # What Mirror does with what you drop. The first rule that fits counts, and its reason is told.
            # To change it, save this as triage.yaml in Mirror's home; it counts at the next look.
            inbox: Inbox        # folder of your vault; each file or folder directly in it is one thing
            drop: true          # also take files out of the vault's root; notes there, and what notes link to, stay
            pull: []            # folders outside the vault to take from, such as ~/Downloads/mirror
            every: 30m          # how often everything is looked at, besides when something is dropped
            stable: 5s          # how long a thing must be unchanged before it is taken
            types:              # the folder of notes by the 'type' in their front matter
              book: Books
              daily: Journal
              decision: Decisions
              idea: Ideas
              journal: Journal
              meeting: Meetings
              person: People
              project: Projects
              recipe: Recipes
            rules:
              - name: bundles
                when: {is: zip}
                to: Evidence/Bundles/{year}
                unpack: Bundles/{year}
                reason: a bundle is kept as it came, as evidence, and unpacked into a folder of its own
              - name: folders
                when: {is: folder}
                to: Projects
                reason: a folder is a project, and moves whole
              - name: clippings
                when: {is: note, property: {source: "http*"}}
                to: Clippings
                reason: a note whose source is a web page was clipped
              - name: notes
                when: {is: note, property: {type: "*"}}
                to: "{type}"
                reason: a note that says its type belongs with those of its type
              - name: documents
                when:
                  ending: [pdf, docx, xlsx, pptx, odt, ods, odp, epub]
                  type: [application/pdf, application/zip]
                to: Documents/{year}
                reason: a document
              - name: images
                when: {type: "image/*"}
                to: Media/Images/{year}/{month}
                reason: a picture
              - name: audio
                when: {type: "audio/*"}
                to: Media/Audio/{year}/{month}
                reason: a voice memo or other sound
              - name: video
                when: {type: "video/*"}
                to: Media/Video/{year}/{month}
                reason: moving pictures
              - name: data
                when:
                  ending: [csv, tsv, json, jsonl, yaml, yml, toml, xml, sql, log, c, cpp, css, go, h, html, java, js, kt, py,
                           rb, rs, sh, ts]
                  type: "text/*"
                to: Attachments/Data/{year}
                reason: code or data
              - name: rest
                to: stay
                reason: no other rule fits; move it to where it belongs, or write a rule for such things
            """;

    /**
     * Folders directly in the inbox that a rule fills. They are no entries: what was put there would be looked at for ever.
     */
    Set<String> filled() {
        Set<String> names = new HashSet<>();
        for (Rule rule : rules) {
            for (Destination each : destinations(rule)) {
                if (each.template().startsWith(inbox + "/")) {
                    names.add(each.template().substring(inbox.length() + 1).split("/", 2)[0]);
                }
            }
        }
        return names;
    }

    static List<Destination> destinations(Rule rule) {
        return java.util.stream.Stream.of(rule.to(), rule.unpack())
                .filter(java.util.Objects::nonNull)
                .map(Rules::sure)
                .toList();
    }

    private static Destination sure(@Nullable Destination destination) {
        return java.util.Objects.requireNonNull(destination);
    }
}
