package mirror.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.Json;

/**
 * How long a message takes from its publisher to a subscriber, over the HTTP API of a running Mirror, on the real disk with the real flush:
 * from before the request is sent to when the subscriber has read its line. One message at a time, as a script sends them. And what is lost
 * to a subscriber that comes back again and again and goes on after the last message it saw.
 */
final class SignalBench {
    private static final int WARM = 200;
    private static final int MESSAGES = 1_000;
    private static final int RECONNECTS = 50;
    private static final int EACH = 10;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String base;
    private final String token;

    private SignalBench(String base, String token) {
        this.base = base;
        this.token = token;
    }

    static List<Row> run(Instance mirror) throws IOException, InterruptedException {
        String base = Json.MAPPER
                .readTree(mirror.output("status", "--json"))
                .path("signal")
                .asString();
        String granted = mirror.output(
                "lease",
                "grant",
                "--to",
                "bench",
                "--effects",
                "publish:topic/bench,subscribe:topic/bench",
                "--token",
                "-",
                "--yes");
        String token = granted.lines()
                .filter(line -> line.startsWith("mlt1."))
                .findFirst()
                .orElseThrow(() -> new IOException("no token: " + granted));
        SignalBench bench = new SignalBench(base, token);
        double[] times = bench.times();
        int lost = bench.lost();
        return List.of(
                new Row(
                        "publish to subscriber, p50 of " + MESSAGES,
                        Main.percentile(times, 50),
                        "ms",
                        null,
                        null,
                        "",
                        true),
                new Row(
                        "publish to subscriber, p99 of " + MESSAGES,
                        Main.percentile(times, 99),
                        "ms",
                        null,
                        null,
                        "at most 20 ms",
                        Main.percentile(times, 99) <= 20),
                new Row(
                        "messages lost or told twice over " + RECONNECTS + " reconnects",
                        lost,
                        "messages",
                        null,
                        null,
                        "0",
                        lost == 0));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).header("Authorization", "Bearer " + token);
    }

    private String publish(String text) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                request("/bench")
                        .POST(HttpRequest.BodyPublishers.ofString(text))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("not published: " + answer.body());
        }
        return Json.MAPPER.readTree(answer.body()).path("id").asString();
    }

    /** A stream whose first line was read. */
    private BufferedReader subscribe(String query) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer =
                http.send(request("/bench/json" + query).build(), HttpResponse.BodyHandlers.ofInputStream());
        BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        lines.readLine();
        return lines;
    }

    private double[] times() throws IOException, InterruptedException {
        double[] times = new double[MESSAGES];
        try (BufferedReader lines = subscribe("")) {
            for (int i = -WARM; i < MESSAGES; i++) {
                long start = System.nanoTime();
                publish("message " + i);
                lines.readLine();
                if (i >= 0) {
                    times[i] = (System.nanoTime() - start) / 1e6;
                }
            }
        }
        return times;
    }

    private int lost() throws IOException, InterruptedException {
        List<String> published = new ArrayList<>();
        List<String> heard = new ArrayList<>();
        String last = publish("first");
        for (int round = 0; round < RECONNECTS; round++) {
            // While nobody listens, too.
            published.add(publish("away"));
            try (BufferedReader lines = subscribe("?since=" + last)) {
                for (int i = 0; i < EACH; i++) {
                    published.add(publish("here"));
                }
                for (int i = 0; i < EACH; i++) {
                    last = Json.MAPPER.readTree(lines.readLine()).path("id").asString();
                    heard.add(last);
                }
            }
        }
        HttpResponse<String> rest =
                http.send(request("/bench/json?poll=1&since=" + last).build(), HttpResponse.BodyHandlers.ofString());
        rest.body()
                .lines()
                .forEach(line -> heard.add(Json.MAPPER.readTree(line).path("id").asString()));
        return heard.equals(published) ? 0 : Math.max(1, Math.abs(published.size() - heard.size()));
    }
}
