package mirror.surface.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Pattern;
import mirror.bus.BusException;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.TlogProof;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code mirror prove --check}: checks a proof with nothing but a public key. Needs no home and no log, and must never repeat bytes of
 * a file that turned out to be something else than a proof or a key: the daemon reads where its caller perhaps may not.
 */
public final class ProofCheck {
    private static final int MAX_KEY_FILE = 16 * 1024;

    /** A file's name looks like this only on purpose. */
    private static final Pattern LITERAL = Pattern.compile("[^+/]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]+");

    private ProofCheck() {}

    /** Whether this call can be answered without a home: a check, and the key comes with it or there is no home to take it from. */
    public static boolean standsAlone(String command, Call call, boolean home) {
        if (!command.equals("prove") || call.args().contains("--help")) {
            return false;
        }
        Options options = ProveCommand.options(new ProveCommand(), call);
        return options.value("check").isPresent()
                && (!home || options.value("key").isPresent());
    }

    /** Checks without a home. */
    public static int run(Call call, Out out) {
        return run(ProveCommand.options(new ProveCommand(), call), call, null, out);
    }

    /** @param own the key of the home that runs this, or null when there is none */
    static int run(Options options, Call call, @Nullable NoteKey own, Out out) {
        options.none(new ProveCommand());
        String name = options.value("check").orElseThrow();
        if (own == null && options.value("key").isEmpty()) {
            throw CliException.usage("there is no home whose key could be trusted, so say whose proof it must be:"
                    + " --key <verifier key, or path of the log's key.pub>, from a source that you trust");
        }
        TlogProof.Proven proven;
        try {
            TlogProof proof = TlogProof.parse(read(call.path(name), TlogProof.MAX_BYTES + 1));
            proven = proof.check(key(options.value("key").orElse(null), call, own, proof));
        } catch (BusException e) {
            String reason = Style.plain(String.valueOf(e.getMessage()));
            if (options.has("json")) {
                out.line(Json.MAPPER.writeValueAsString(
                        Json.object().put("proven", false).put("reason", reason)));
            }
            throw CliException.no(Style.plain(name) + " proves nothing: " + reason);
        }
        if (options.has("json")) {
            out.json(json(proven));
        } else {
            print(proven, call, out);
        }
        return Exit.OK;
    }

    private static NoteKey key(@Nullable String given, Call call, @Nullable NoteKey own, TlogProof proof) {
        if (given == null) {
            if (own == null || !own.name().equals(proof.origin())) {
                throw new BusException("it is about the log " + proof.origin()
                        + ", whose key this home does not have; pass --key with the verifier key of that log, from a"
                        + " source that you trust");
            }
            return own;
        }
        return key(given, call);
    }

    /** The verifier key that a person gave, itself or as a file. */
    static NoteKey key(String given, Call call) {
        try {
            return NoteKey.parse(
                    LITERAL.matcher(given).matches()
                            ? given
                            : new String(read(call.path(given), MAX_KEY_FILE), StandardCharsets.UTF_8)
                                    .lines()
                                    .findFirst()
                                    .orElse(""));
        } catch (BusException | IllegalArgumentException e) {
            throw CliException.no(Style.plain(given)
                    + " is neither a verifier key (name+id+base64) nor a file whose first line is one, as key.pub is");
        }
    }

    /** Up to {@code limit} bytes, so that a device or a huge file does no harm. */
    static byte[] read(Path file, int limit) {
        try {
            if (!Files.isRegularFile(file)) {
                throw CliException.no("there is no file " + Style.plain(file.toString()));
            }
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(limit);
            }
        } catch (IOException e) {
            throw CliException.no("cannot read " + Style.plain(file.toString()) + " ("
                    + e.getClass().getSimpleName() + ")");
        }
    }

    static ObjectNode json(TlogProof.Proven proven) {
        var event = proven.event();
        return Json.object()
                .put("proven", true)
                .put("id", event.id())
                .put("seq", event.seq())
                .put("origin", event.origin())
                .put("type", event.type())
                .put("time", event.time().toString())
                .put("actor", event.actor())
                .put("hash", event.hash())
                .put("size", proven.size())
                .put("root", HexFormat.of().formatHex(proven.root()))
                .put("key", proven.key().verifierKey());
    }

    static void print(TlogProof.Proven proven, Call call, Out out) {
        var event = proven.event();
        Style style = new Style(call.color());
        out.line(style.good("proven") + ": event " + event.seq() + " of " + Style.plain(event.origin())
                + " is in the log as signed");
        row(out, style, "type", event.type());
        row(out, style, "time", event.time() + " (by the device's own clock)");
        row(out, style, "actor", event.actor());
        row(out, style, "hash", event.hash());
        row(
                out,
                style,
                "tree",
                proven.size() + " events, root " + HexFormat.of().formatHex(proven.root()));
        row(out, style, "key", proven.key().verifierKey());
    }

    private static void row(Out out, Style style, String name, String value) {
        out.line("  " + style.dim("%-7s".formatted(name)) + Style.plain(value));
    }
}
