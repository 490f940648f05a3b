package mirror.app.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mirror.bench.Chromium;
import mirror.bench.Tab;
import tools.jackson.databind.JsonNode;

/** What is looked at of pages: by people as pictures in {@code target/console}, by axe-core as they stand. */
final class Screens {
    private static final Path ROOT = Path.of(System.getProperty("mirror.root"));
    private static final Path PICTURES = ROOT.resolve("target/console");
    private static final Path AXE = ROOT.resolve("target/npm/node_modules/axe-core/axe.min.js");

    private Screens() {}

    /** Skips the test, with the reason, where there is no Chromium. */
    static Chromium browser(Path profile) {
        Programs.need("chromium");
        return Chromium.start(profile);
    }

    static void keep(Tab page, String name) {
        try {
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve(name + ".png"), page.screenshot());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static boolean hasAxe() {
        return Files.isRegularFile(AXE);
    }

    /** What axe-core finds of the page as it stands: weight, rule and the first place of each. */
    static List<String> axe(Tab page) {
        try {
            page.eval(Files.readString(AXE) + "; true");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        JsonNode found = page.eval(
                "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes[0].target.join(' ')}`))");
        return found.valueStream().map(JsonNode::asString).toList();
    }
}
