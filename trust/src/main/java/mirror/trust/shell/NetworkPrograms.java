package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/** Programs that fetch, send and log in elsewhere. What they bring is marked with the host it came from. */
final class NetworkPrograms {
    private static final Pattern HERE =
            Pattern.compile("localhost|127\\..*|\\[?::1]?|0\\.0\\.0\\.0|host\\.docker\\.internal");

    private final Programs programs;
    private final Findings findings;
    private final Paths paths;

    NetworkPrograms(Programs programs) {
        this.programs = programs;
        this.findings = programs.findings();
        this.paths = programs.paths();
    }

    boolean special(String name, Call call) {
        switch (name) {
            case "sends-input" -> sendsInput(call, null);
            case "curl" -> {
                curl(call);
                return true;
            }
            case "wget" -> {
                wget(call);
                return true;
            }
            case "httpie" -> {
                return httpie(call);
            }
            case "netcat" -> {
                return netcat(call);
            }
            case "scp", "rsync" -> copy(name, call);
            case "ssh" -> {
                return ssh(call);
            }
            default -> {
                return false;
            }
        }
        return false;
    }

    private static Value fetched(Call call, List<Value> urls) {
        String host = null;
        for (Value url : urls) {
            host = host == null ? Address.host(url) : host;
        }
        return Programs.unknownOutput("$(" + call.program() + " …)", host == null ? "*" : host, call.io(), List.of());
    }

    private void curl(Call call) {
        List<Value> urls = new ArrayList<>(call.operands());
        Value target = null;
        boolean remoteName = false;
        boolean sends = call.has("T", "upload-file");
        for (Arguments.Option option : call.arguments().options()) {
            Value value = option.value();
            switch (option.name()) {
                case "url" -> {
                    if (value != null) {
                        urls.add(value);
                    }
                }
                case "o", "output" -> target = value;
                case "O", "remote-name", "remote-name-all" -> remoteName = true;
                case "K", "config" -> findings.opaque("curl reads more options from a file");
                case "d", "data", "data-binary", "data-raw", "data-urlencode", "data-ascii", "F", "form", "json" ->
                    sends |= upload(value, call);
                case "x", "proxy" -> {
                    if (value != null) {
                        programs.egress(value);
                    }
                }
                default -> {}
            }
        }
        if (call.arguments().dynamic() && urls.isEmpty()) {
            findings.add(new Effect.Egress("*"));
        }
        for (Value url : urls) {
            if (url.lead().regionMatches(true, 0, "file:", 0, 5)) {
                paths.touch(url.drop(url.lead().startsWith("//", 5) ? 7 : 5), call.state(), Use.READ);
            }
        }
        Value method = call.arguments().value("X", "request");
        if (method != null && method.shown().equalsIgnoreCase("DELETE")) {
            urls.stream()
                    .map(Address::host)
                    .filter(host -> host == null || !HERE.matcher(host).matches())
                    .forEach(host -> findings.add(new Effect.Publish("a deletion at " + host, true)));
        }
        if (sends) {
            urls.forEach(url -> sends(Address.host(url)));
        }
        Value content = fetched(call, urls);
        if (remoteName) {
            urls.forEach(url -> saved(lastName(url), content, call));
        } else if (target != null && !target.is("-")) {
            saved(target, content, call);
        } else {
            call.io().print(content);
        }
    }

    /** {@code -d @file} and {@code -F name=@file} send the file. */
    private boolean upload(@Nullable Value value, Call call) {
        if (value == null) {
            return false;
        }
        String lead = value.lead();
        int at = lead.startsWith("@") ? 0 : lead.indexOf("=@");
        at = at < 0 ? lead.indexOf("=<") : at;
        if (at >= 0) {
            Value file = value.drop(lead.startsWith("@") ? 1 : at + 2);
            int semicolon = file.lead().indexOf(';');
            paths.touch(semicolon > 0 ? Value.of(file.lead().substring(0, semicolon)) : file, call.state(), Use.READ);
        }
        return at >= 0;
    }

    /** What has reached another machine cannot be called back. */
    private void sends(@Nullable String host) {
        if (host == null || !HERE.matcher(host).matches()) {
            findings.add(new Effect.Publish("files to " + (host == null ? "*" : host), true));
        }
    }

    /** Input that is not written out in the command line goes to the host. */
    private void sendsInput(Call call, @Nullable String host) {
        Value stdin = call.io().stdin();
        if (stdin != null && !stdin.isKnown()) {
            sends(host);
        }
    }

    private static Value lastName(Value url) {
        String text = url.shown();
        int end = text.indexOf('?');
        String path = end < 0 ? text : text.substring(0, end);
        String name = path.substring(path.lastIndexOf('/') + 1);
        return url.isKnown() && !name.isEmpty() ? Value.of(name) : Value.wild("$(name)");
    }

    private void saved(Value target, Value content, Call call) {
        paths.touch(target, call.state(), Use.WRITE);
        Path file = paths.file(target, call.state());
        if (file != null) {
            programs.wrote(call.state(), file, content);
        }
    }

    private void wget(Call call) {
        Value target = call.arguments().value("O", "output-document", "out");
        Value execute = call.arguments().value("e", "execute");
        if (call.program().startsWith("wget")
                && execute != null
                && !execute.lead().matches("(robots|check_certificate|https?_proxy) ?=.*")) {
            findings.opaque("wget takes a setting that is not understood: " + execute.shown());
        }
        if (call.has("post-file", "body-file")) {
            call.operands().forEach(url -> sends(Address.host(url)));
        }
        Value content = fetched(call, call.operands());
        if (target == null) {
            Value directory = call.arguments().value("P", "directory-prefix", "d", "dir");
            call.operands()
                    .forEach(url -> saved(
                            directory == null
                                    ? lastName(url)
                                    : directory.plus(Value.of("/")).plus(lastName(url)),
                            content,
                            call));
        } else if (target.is("-")) {
            call.io().print(content);
        } else {
            saved(target, content, call);
        }
    }

    private boolean httpie(Call call) {
        List<Value> operands = call.operands();
        if (operands.isEmpty()) {
            return false;
        }
        boolean method = operands.getFirst().lead().matches("[A-Z]+") && operands.size() > 1;
        Value url = operands.get(method ? 1 : 0);
        programs.egress(url.lead().startsWith(":") ? Value.of("localhost") : url);
        call.io().print(fetched(call, List.of(url)));
        return true;
    }

    private boolean netcat(Call call) {
        List<Value> args = call.args();
        String host = null;
        if (call.program().equals("socat")) {
            for (Value arg : args) {
                String lead = arg.lead();
                String upper = lead.toUpperCase(java.util.Locale.ROOT);
                int colon = lead.indexOf(':');
                if (upper.startsWith("EXEC:") || upper.startsWith("SYSTEM:") || upper.startsWith("SHELL:")) {
                    programs.interpreter()
                            .code(
                                    Value.of(arg.shown().substring(colon + 1)),
                                    call.state().forChild(),
                                    call.io(),
                                    "socat");
                    findings.opaque("socat connects a program to the network");
                } else if (upper.startsWith("TCP")
                        || upper.startsWith("UDP")
                        || upper.startsWith("OPENSSL")
                        || upper.startsWith("SSL")) {
                    host = Address.host(Value.of(lead.substring(colon + 1)));
                    findings.add(new Effect.Egress(upper.contains("LISTEN") || host == null ? "*" : host));
                } else if (colon > 0 && !upper.startsWith("STD") && !upper.startsWith("FD:")) {
                    // FILE, OPEN, CREATE, PIPE, and the Unix sockets: talking to a socket is changing what listens on
                    // it.
                    paths.touch(arg.drop(colon + 1), call.state(), Use.WRITE);
                } else if (lead.startsWith("/") || lead.startsWith("./")) {
                    paths.touch(arg, call.state(), Use.WRITE);
                }
            }
        } else {
            if (call.has("U", "unixsock") && !call.operands().isEmpty()) {
                paths.touch(call.operands().getFirst(), call.state(), Use.WRITE);
            }
            boolean runs = call.has("e", "exec", "c", "sh-exec", "lua-exec");
            host = call.operands().isEmpty()
                    ? "*"
                    : Address.host(call.operands().getFirst());
            if (call.has("l", "listen")) {
                findings.add(new Effect.Egress("*"));
            }
            if (runs) {
                findings.add(new Effect.RemoteCode(host == null ? "*" : host));
            }
        }
        sendsInput(call, host);
        call.io()
                .print(Programs.unknownOutput(
                        "$(" + call.program() + ")", host == null ? "*" : host, call.io(), List.of()));
        return true;
    }

    private void copy(String kind, Call call) {
        List<Value> operands = call.operands();
        for (Arguments.Option option : call.arguments().options()) {
            Value value = option.value();
            if (kind.equals("rsync")
                    && (option.name().equals("e") || option.name().equals("rsync-path"))
                    && value != null) {
                programs.interpreter().code(value, call.state().forChild(), call.io(), "rsync");
            } else if (kind.equals("scp") && option.name().equals("o") && value != null) {
                sshOption(value, call);
            }
        }
        if (call.program().equals("rclone")) {
            boolean reads = call.says("ls", "lsd", "lsl", "lsf", "version", "listremotes", "size", "check", "about");
            findings.add(new Effect.Egress("*"));
            if (!reads) {
                findings.add(new Effect.Machine("rclone changes remote storage"));
            }
            return;
        }
        for (int i = 0; i < operands.size(); i++) {
            Value operand = operands.get(i);
            boolean last = i == operands.size() - 1 && operands.size() > 1;
            if (Address.isRemote(operand) || operand.lead().contains("://")) {
                programs.egress(operand);
                if (last) {
                    sends(Address.host(operand));
                }
                continue;
            }
            paths.touch(operand, call.state(), last ? Use.WRITE : Use.READ);
            if (last) {
                received(operands.subList(0, i), operand, call);
            }
            boolean deletes = call.arguments().options().stream()
                    .anyMatch(option -> option.name().startsWith("del"));
            if (last
                    && kind.equals("rsync")
                    && deletes
                    && !call.arguments().certain("dry-run")
                    && !call.arguments().certain("n")) {
                paths.touch(operand, call.state(), Use.DELETE_TREE);
            } else if (kind.equals("rsync") && !last && call.has("remove-source-files")) {
                paths.touch(operand, call.state(), Use.DELETE_TREE);
            }
        }
        boolean remoteDelete = kind.equals("rsync")
                && !operands.isEmpty()
                && Address.isRemote(operands.getLast())
                && call.arguments().options().stream()
                        .anyMatch(option -> option.name().startsWith("del"));
        if (remoteDelete) {
            findings.add(new Effect.Machine("rsync deletes files on another machine"));
        }
    }

    /** What comes from another machine is code from there, should it be run. */
    private void received(List<Value> sources, Value target, Call call) {
        Path into = paths.file(target, call.state());
        for (Value source : sources) {
            String name = source.shown().replaceFirst("(?s).*[:/]", "");
            if (into != null && Address.isRemote(source) && !name.isEmpty()) {
                Value content = new Value(List.of(new Value.Unknown(
                        "$(" + call.program() + ")", String.valueOf(Address.host(source)), List.of())));
                programs.wrote(call.state(), into, content);
                if (paths.isDirectory(into) || target.lead().endsWith("/")) {
                    programs.wrote(call.state(), into.resolve(name), content);
                }
            }
        }
    }

    private void sshOption(Value option, Call call) {
        String text = option.shown();
        String name = text.toLowerCase(java.util.Locale.ROOT);
        String head = text.replaceFirst("[= ][\\s\\S]*", "");
        int equals = head.length();
        if (name.startsWith("proxycommand")
                || name.startsWith("localcommand")
                || name.startsWith("knownhostscommand")) {
            programs.interpreter()
                    .code(
                            option.isKnown() ? Value.of(text.substring(Math.min(text.length(), equals + 1))) : option,
                            call.state().forChild(),
                            call.io(),
                            "ssh");
        } else if (name.startsWith("include")
                || name.startsWith("pkcs11provider")
                || name.startsWith("securitykeyprovider")) {
            findings.opaque("ssh loads code or settings: " + text);
        }
    }

    /** A command for another machine is judged as if it ran here: its paths are that machine's, its harm is the same. */
    private boolean ssh(Call call) {
        for (Arguments.Option option : call.arguments().options()) {
            Value value = option.value();
            if (option.name().equals("o") && value != null) {
                sshOption(value, call);
            } else if (option.name().equals("F") && value != null) {
                findings.opaque("ssh reads its settings from " + value.shown());
            }
        }
        Value host = call.first();
        Value stdin = call.io().stdin();
        if (call.arguments().rest().isEmpty() && stdin != null && !stdin.isEmpty()) {
            programs.interpreter().code(stdin, call.state().forChild(), call.io(), "ssh");
        } else {
            sendsInput(call, host == null ? null : Address.host(host));
        }
        call.io()
                .print(Programs.unknownOutput(
                        "$(ssh …)", host == null ? "*" : Address.host(host), call.io(), List.of()));
        return true;
    }
}
