package mirror.vault;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which file a link means, by the rules measured on Obsidian. */
final class LinkResolverTest {
    private static LinkResolver with(String... paths) {
        LinkResolver resolver = new LinkResolver();
        for (String path : paths) {
            resolver.add(path);
        }
        return resolver;
    }

    private static void means(LinkResolver resolver, String target, String source, @Nullable String path) {
        assertThat(resolver.resolve(target, source))
                .as("[[%s]] in %s", target, source)
                .isEqualTo(path);
    }

    @Test
    void aNameIsFoundAnywhereWithoutCaseAndWithoutItsEnding() {
        LinkResolver resolver = with("a/b/Note.md", "pic.PNG", "a/v1.2.md", "e\u0301.md");
        means(resolver, "note", "x.md", "a/b/Note.md");
        means(resolver, "NOTE.MD", "x.md", "a/b/Note.md");
        means(resolver, "b/note", "x.md", "a/b/Note.md");
        means(resolver, "pic.png", "a/x.md", "pic.PNG");
        means(resolver, "pic", "a/x.md", null);
        means(resolver, "v1.2", "x.md", "a/v1.2.md");
        means(resolver, "\u00e9", "x.md", "e\u0301.md");
        means(resolver, "other", "x.md", null);
        means(resolver, "", "x.md", "x.md");
    }

    @Test
    void ofSeveralTheOneAtTheRootThenNearThenWithTheShortestPathIsMeant() {
        LinkResolver resolver = with("a/deep/n.md", "b/n.md", "longer/n.md", "b/c/n.md");
        means(resolver, "n", "b/x.md", "b/n.md");
        means(resolver, "n", "a/x.md", "a/deep/n.md");
        means(resolver, "n", "z/x.md", "b/n.md");
        means(resolver, "n", "x.md", "b/n.md");
        resolver.add("n.md");
        means(resolver, "n", "b/x.md", "n.md");
        means(resolver, "deep/n", "b/x.md", "a/deep/n.md");
        means(resolver, "c/n", "a/x.md", "b/c/n.md");
    }

    @Test
    void pathsFromTheRootAndFromTheNoteAreExact() {
        LinkResolver resolver = with("a/n.md", "b/n.md", "n.md");
        means(resolver, "/a/n", "b/x.md", "a/n.md");
        means(resolver, "/n", "b/x.md", "n.md");
        means(resolver, "/c/n", "b/x.md", null);
        means(resolver, "./n", "b/x.md", "b/n.md");
        means(resolver, "../a/n", "b/x.md", "a/n.md");
        means(resolver, "./../n", "b/x.md", "n.md");
        means(resolver, "../../n", "b/x.md", "n.md");
    }

    @Test
    void whatIsGoneIsNotMeantAnyMore() {
        LinkResolver resolver = with("a/n.md", "b/n.md");
        resolver.remove("a/n.md");
        means(resolver, "n", "a/x.md", "b/n.md");
        resolver.remove("b/n.md");
        means(resolver, "n", "a/x.md", null);
    }
}
