package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.console.ConsoleSessions;
import mirror.trust.ProgramEnvironment;

/** Opens the console, and says which browsers are let in. */
record ConsoleCommand() implements Command {
    @Override
    public String name() {
        return "console";
    }

    @Override
    public String usage() {
        return "console [open] [--print] | pair | list [--json] | revoke ID | publish FOLDER SERVICE... | publish FOLDER --all [--title TEXT]";
    }

    @Override
    public String summary() {
        return "the console in your browser: the mesh, what happens, what waits for you";
    }

    @Override
    public String help() {
        return """
                open    opens it in this computer's browser and lets that browser in; --print shows the address instead
                pair    shows the address for another browser, such as your phone's, as a QR code too; good once, for five minutes
                list    browsers that are let in
                revoke  lets one in no more
                publish writes a page for everybody into FOLDER, as files that any web server can give out: when these services were up in
                        the last 90 days, and nothing else; reads the log, and does not renew itself. New files are readable by you alone, until you chmod them

                A phone reaches the console by 'phone-url' in config.yaml. To allow what agents ask for, it needs a passkey besides:
                'mirror device invite NAME'.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "print", "all", "title=");
        List<String> rest = options.rest();
        if (!rest.isEmpty() && rest.getFirst().equals("publish")) {
            return publish(core, call, out, options);
        }
        return switch ((rest.isEmpty() ? "open" : rest.getFirst()) + " " + rest.size()) {
            case "open 0", "open 1" -> open(core, out, options.has("print"));
            case "pair 1" -> pair(core, call, out);
            case "list 1" -> list(core, call, out, options.has("json"));
            case "revoke 2" -> {
                core.projector().record(core.state().consoles().leave(rest.getLast()));
                out.line("it is let in no more");
                yield Exit.OK;
            }
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static String code(Core core) {
        return "pair=" + core.pairings().open();
    }

    private static int open(Core core, Out out, boolean print) throws IOException {
        String address = PageAddress.here(core, code(core));
        Optional<String> opener = print ? Optional.empty() : opener();
        if (opener.isEmpty()) {
            out.line(address);
            out.line("Open it on this computer within five minutes; it is good once.");
            return Exit.OK;
        }
        // In a file of the owner's, as everybody on the machine sees with which arguments a program was started.
        Path page = core.home().run().resolve("console.html");
        core.files()
                .write(FileWrite.bare(
                                page,
                                "<!doctype html><meta charset=utf-8><title>Mirror</title><meta http-equiv=refresh content=\"0;url="
                                        + address + "\"><a href=\"" + address + "\">Mirror</a>\n")
                        .mode(PosixFilePermissions.fromString("rw-------")));
        ProcessBuilder builder = new ProcessBuilder(opener.get(), page.toString())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        Map<String, String> environment = ProgramEnvironment.of(System.getenv());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.start();
        out.line("Opening " + PageAddress.here(core, "")
                + " in your browser; 'mirror console --print' shows the address instead.");
        return Exit.OK;
    }

    /** What opens a page for the person, when there is a screen. */
    private static Optional<String> opener() {
        Path mac = Path.of("/usr/bin/open");
        if (System.getProperty("os.name").startsWith("Mac")) {
            return Files.isExecutable(mac) ? Optional.of(mac.toString()) : Optional.empty();
        }
        boolean screen = System.getenv("DISPLAY") != null || System.getenv("WAYLAND_DISPLAY") != null;
        return screen
                ? List.of("/usr/bin/xdg-open", "/usr/local/bin/xdg-open").stream()
                        .filter(program -> Files.isExecutable(Path.of(program)))
                        .findFirst()
                : Optional.empty();
    }

    private static int pair(Core core, Call call, Out out) {
        PageAddress.show(
                core,
                call,
                out,
                code(core),
                "Open it within five minutes; it is good once, and lets that browser see everything.");
        return Exit.OK;
    }

    private int publish(Core core, Call call, Out out, Options options) throws IOException {
        List<String> rest = options.rest();
        List<String> names = rest.subList(Math.min(2, rest.size()), rest.size());
        if (rest.size() < 2 || names.isEmpty() != options.has("all")) {
            throw CliException.usage(
                    "name the folder and the services that everybody may see, or --all; usage: mirror " + usage());
        }
        Path folder = call.path(rest.get(1)).normalize();
        StatusPage page = StatusPage.of(core, options.value("title").orElse("Status"), names);
        page.write(core.files(), folder);
        out.line("written: " + folder.resolve("index.html") + " and status.json; run it again to renew them");
        return Exit.OK;
    }

    private static int list(Core core, Call call, Out out, boolean json) {
        List<ConsoleSessions.Session> all = core.state().consoles().list();
        if (json) {
            var array = Json.array();
            all.forEach(each -> array.addObject()
                    .put("id", each.id())
                    .put("name", each.name())
                    .put("since", each.since().toString())
                    .put("expires", each.expires().toString()));
            out.json(array);
            return Exit.OK;
        }
        if (all.isEmpty()) {
            out.line("no browser is let in; 'mirror console' lets one in");
        }
        Style style = new Style(call.color());
        all.forEach(each -> out.line(style.bold(each.id()) + "  " + Style.plain(each.name()) + ", since " + each.since()
                + " until " + each.expires()));
        return Exit.OK;
    }
}
