package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.pulse.supervise.Uptime;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How services were, for everybody to see: one page without a script, and the same as JSON. It has names, states and times, and no reason
 * of any failure: reasons have paths in them.
 *
 * @param seq and {@code hash}: the last event that it says anything of
 */
record StatusPage(
        String title, List<Uptime.Service> services, String origin, long seq, String hash, Instant now, ZoneId zone) {
    /** Tells a page of ours from somebody's own. */
    static final String MARK = "<meta name=\"generator\" content=\"Mirror\">";

    private static final int OUTAGES = 10;

    private static final String STYLE = """

            :root { color-scheme: light dark; --back: #fbfbfa; --ink: #1c1c1a; --quiet: #5d5d58; --line: #dcdcd6; --up: #2f8f5b; --down: #c2362b; --some: #b7791f; --none: #d5d5cf; }
            @media (prefers-color-scheme: dark) { :root { --back: #131412; --ink: #ecece6; --quiet: #a3a39b; --line: #2c2d2a; --up: #4cb37b; --down: #ef6a5e; --some: #d9a04a; --none: #363733; } }
            body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
            h1 { font-size: 1.1rem; font-weight: 600; color: var(--quiet); margin: 0; }
            .all { color: var(--ink); font-size: 1.9rem; line-height: 1.2; font-weight: 650; margin: .3rem 0 2rem; }
            .all::before, h2::before { content: ''; display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin-right: .5em; background: var(--none); }
            .up::before { background: var(--up); } .down::before { background: var(--down); border-radius: 15%; }
            section { border-top: 1px solid var(--line); padding: 1rem 0; }
            h2 { font-size: 1rem; margin: 0; } h2 span { float: right; font-weight: 400; color: var(--quiet); }
            .bars { display: flex; gap: 2px; height: 2rem; margin: .6rem 0 .3rem; align-items: flex-end; }
            .bars i { flex: 1; border-radius: 2px; background: var(--none); height: 35%; }
            .bars .up { background: var(--up); height: 100%; } .bars .some { background: var(--some); height: 70%; } .bars .down { background: var(--down); height: 50%; }
            .bars i::before { content: none; }
            p, footer, summary { color: var(--quiet); font-size: .875rem; margin: 0; } footer { border-top: 1px solid var(--line); padding-top: 1rem; overflow-wrap: anywhere; }
            table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; } th, td { text-align: left; font-weight: 400; padding: .1rem 1.5rem .1rem 0; }
            h3 { font-size: .875rem; margin: 1rem 0 .2rem; } ul { margin: 0; padding: 0 0 0 1.1rem; font-size: .875rem; }
            """;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("d MMM yyyy HH:mm", Locale.ENGLISH);

    private static final int DAYS = 90;

    /**
     * The page as of now; reads the whole log.
     *
     * @param names of the services that are shown, in this order; none: all
     * @throws CliException when the log never spoke of one, or of none at all
     */
    static StatusPage of(Core core, String title, List<String> names) {
        EventLog log = core.projector().log();
        Uptime uptime = new Uptime();
        AtomicReference<@Nullable Event> head = new AtomicReference<>();
        log.replay(1, event -> {
            uptime.accept(event);
            head.set(event);
        });
        Event last = head.get();
        if (last == null || uptime.names().isEmpty()) {
            throw new CliException(Exit.NO, "no service ever ran under Mirror, so there is nothing to show");
        }
        Instant now = core.clock().instant();
        ZoneId zone = core.config().zone();
        List<Uptime.Service> services = (names.isEmpty() ? uptime.names() : names)
                .stream()
                        .map(name -> uptime.service(name, now, zone, DAYS)
                                .orElseThrow(() -> new CliException(
                                        Exit.NO,
                                        "there is no service '" + Style.plain(name) + "'; there are "
                                                + String.join(", ", uptime.names()))))
                        .toList();
        return new StatusPage(title, services, last.origin(), last.seq(), last.hash(), now, zone);
    }

    /**
     * Writes {@code index.html} and {@code status.json}, each whole or not at all.
     *
     * @throws CliException when there is a page that Mirror did not write
     */
    void write(FileStore files, Path folder) throws IOException {
        Path page = folder.resolve("index.html");
        if (Files.exists(page)
                && !Files.readString(page, StandardCharsets.ISO_8859_1).contains(MARK)) {
            throw new CliException(
                    Exit.NO, page + " is not a page of Mirror's; take another folder, or move it out of the way");
        }
        write(files, folder.resolve("status.json"), Json.MAPPER.writeValueAsString(json()) + "\n");
        write(files, page, html());
    }

    /** No version of it is kept: it can be made anew from the log. */
    private static void write(FileStore files, Path file, String text) throws IOException {
        files.write(FileWrite.bare(file, text).by("owner"));
    }

    String html() {
        long down = services.stream()
                .filter(each -> each.state() == Uptime.State.DOWN)
                .count();
        long unknown = services.stream()
                .filter(each -> each.state() == Uptime.State.UNKNOWN)
                .count();
        String all = down > 0
                ? (down == 1 ? "One service is down" : down + " services are down")
                : unknown > 0 ? "Not everything is known now" : "Everything runs";
        StringBuilder html = new StringBuilder();
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append(MARK)
                .append(
                        "\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-")
                .append(Base64.getEncoder()
                        .encodeToString(AtomicFiles.sha256().digest(STYLE.getBytes(StandardCharsets.UTF_8))))
                .append("'\">\n<title>")
                .append(escaped(title))
                .append("</title>\n<style>")
                .append(STYLE)
                .append("</style>\n<main>\n<h1>")
                .append(escaped(title))
                .append("</h1>\n<p class=\"all ")
                .append(down > 0 ? "down" : unknown > 0 ? "" : "up")
                .append("\">")
                .append(all)
                .append("</p>\n");
        services.forEach(each -> service(html, each));
        html.append("<footer>As of ")
                .append(time(now))
                .append(", ")
                .append(escaped(zone.getId()))
                .append(". Read from a log up to its event ")
                .append(seq)
                .append(" of ")
                .append(escaped(origin))
                .append(", whose SHA-256 is ")
                .append(escaped(hash))
                .append(". The same as <a href=\"status.json\">JSON</a>.</footer>\n</main>\n</html>\n");
        return html.toString();
    }

    private void service(StringBuilder html, Uptime.Service service) {
        html.append("<section>\n<h2 class=\"")
                .append(service.state().text())
                .append("\">")
                .append(escaped(service.name()))
                .append(" <span>")
                .append(
                        service.state() == Uptime.State.UNKNOWN
                                ? "not known"
                                : service.state().text())
                .append(" since ")
                .append(time(service.since()))
                .append("</span></h2>\n<div class=\"bars\" aria-hidden=\"true\">");
        for (Uptime.Day day : service.days()) {
            html.append("<i class=\"")
                    .append(tone(day))
                    .append("\" title=\"")
                    .append(day.date())
                    .append(": ")
                    .append(words(day))
                    .append("\"></i>");
        }
        html.append("</div>\n<p>")
                .append(share(service))
                .append(
                        "</p>\n<details><summary>Each day</summary>\n<table><tr><th scope=\"col\">Day<th scope=\"col\">Up<th scope=\"col\">Down<th scope=\"col\">Not known\n");
        for (Uptime.Day day : service.days().reversed()) {
            html.append("<tr><th scope=\"row\">")
                    .append(day.date())
                    .append("<td>")
                    .append(length(day.up()))
                    .append("<td>")
                    .append(length(day.down()))
                    .append("<td>")
                    .append(length(day.unknown()))
                    .append('\n');
        }
        html.append("</table></details>\n");
        if (!service.outages().isEmpty()) {
            html.append("<h3>When it was down</h3>\n<ul>\n");
            service.outages().stream()
                    .limit(OUTAGES)
                    .forEach(span -> html.append("<li>")
                            .append(time(span.from()))
                            .append(", for ")
                            .append(length(span.length()))
                            .append(isNow(service, span) ? " until now" : "")
                            .append('\n'));
            html.append("</ul>\n");
            if (service.outages().size() > OUTAGES) {
                html.append("<p>and ")
                        .append(service.outages().size() - OUTAGES)
                        .append(" times before</p>\n");
            }
        }
        html.append("</section>\n");
    }

    private static boolean isNow(Uptime.Service service, Uptime.Span span) {
        return service.state() == Uptime.State.DOWN
                && span.equals(service.outages().getFirst());
    }

    private static String share(Uptime.Service service) {
        double share = service.share();
        int days = service.days().size();
        // Rounded down: what was down for a second was not up for all of it.
        return Double.isNaN(share)
                ? "Nothing is known of the last " + days + " days."
                : String.format(Locale.ROOT, "Up %.2f %% of the time that is known", Math.floor(share * 10_000) / 100)
                        + ", in " + days + " days: up " + length(service.up()) + ", down " + length(service.down())
                        + ".";
    }

    private static String tone(Uptime.Day day) {
        if (day.up().isZero() && day.down().isZero()) {
            return "none";
        }
        return day.down().isZero() ? "up" : day.down().compareTo(day.up()) > 0 ? "down" : "some";
    }

    private static String words(Uptime.Day day) {
        if (day.up().isZero() && day.down().isZero()) {
            return "not known";
        }
        return "up " + length(day.up()) + ", down " + length(day.down());
    }

    /** In whole seconds, rounded up: what is not nothing is not 0. */
    private static String length(Duration length) {
        long seconds = length.plusNanos(999_999_999).toSeconds();
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min" + (seconds % 60 == 0 ? "" : " " + seconds % 60 + " s");
        }
        return seconds / 3_600 + " h" + (seconds % 3_600 < 60 ? "" : " " + seconds % 3_600 / 60 + " min");
    }

    private String time(Instant at) {
        return TIME.format(at.atZone(zone));
    }

    ObjectNode json() {
        ObjectNode json =
                Json.object().put("title", title).put("as-of", now.toString()).put("zone", zone.getId());
        json.putObject("head").put("origin", origin).put("seq", seq).put("hash", hash);
        ArrayNode all = json.putArray("services");
        for (Uptime.Service service : services) {
            ObjectNode one = all.addObject()
                    .put("name", service.name())
                    .put("state", service.state().text())
                    .put("since", service.since().toString());
            one.put("up", Double.isNaN(service.share()) ? null : service.share());
            ArrayNode days = one.putArray("days");
            for (Uptime.Day day : service.days()) {
                days.addObject()
                        .put("date", day.date().toString())
                        .put("up-ms", day.up().toMillis())
                        .put("down-ms", day.down().toMillis())
                        .put("unknown-ms", day.unknown().toMillis());
            }
            ArrayNode outages = one.putArray("outages");
            service.outages()
                    .forEach(span -> outages.addObject()
                            .put("from", span.from().toString())
                            .put("to", isNow(service, span) ? null : span.to().toString()));
        }
        return json;
    }

    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder();
        Style.plain(text).codePoints().forEach(c -> {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }
}
