package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.PhoneApi;
import mirror.trust.Devices;
import mirror.trust.Invitations;
import mirror.trust.Passkeys;

/** Devices that may answer for the owner by signature. */
record DeviceCommand() implements Command {
    private static final long MAX_FILE = 64 * 1024;

    @Override
    public String name() {
        return "device";
    }

    @Override
    public String usage() {
        return "device list [--json] | invite NAME | confirm NAME [--yes] | enroll NAME KEY|KEY-FILE [--yes] | revoke NAME | answer FILE";
    }

    @Override
    public String summary() {
        return "devices, such as a phone, whose signed answers to requests count";
    }

    @Override
    public String help() {
        return """
                invite   shows a code for ten minutes, as a QR code too; the device's browser opens it and makes a passkey, or another
                         program hands the code in with a key of its own
                confirm  enrols the device that answered the invitation, after you compared the fingerprint on both screens
                enroll   KEY is an Ed25519 verifier key, name+id+base64
                answer   hand in a signed answer: a DSSE envelope of type
                         %s whose payload has
                         approval, digest, nonce (see 'mirror approvals --json'), answer (allow or deny), device, expires

                A wrong digest or nonce, a second use, an answer past its end or from a device that is not enrolled is refused
                and recorded.
                """.formatted(Devices.ANSWER_TYPE);
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "json", "yes");
        List<String> rest = options.rest();
        String what = rest.isEmpty() ? "list" : rest.getFirst();
        return switch (what + " " + rest.size()) {
            case "list 0", "list 1" -> list(core, call, out, options.has("json"));
            case "enroll 3" -> enroll(core, out, rest.get(1), text(call, rest.get(2)), options.has("yes"));
            case "invite 2" -> invite(core, call, out, rest.getLast());
            case "confirm 2" -> confirm(core, out, rest.getLast(), options.has("yes"));
            case "revoke 2" -> {
                boolean passkey = core.state().passkeys().list().stream()
                        .anyMatch(each -> each.revoked() == null && each.name().equals(rest.getLast()));
                core.projector()
                        .record(
                                passkey
                                        ? core.state().passkeys().revoke(rest.getLast())
                                        : core.state().devices().revoke(rest.getLast()));
                out.line("revoked; its answers do not count any more");
                yield Exit.OK;
            }
            case "answer 2" -> answer(core, out, file(call, rest.getLast()));
            default -> throw CliException.usage("usage: mirror " + usage());
        };
    }

    private static int enroll(Core core, Out out, String name, String key, boolean yes) {
        var draft = core.state().devices().enroll(name, key);
        if (!yes) {
            out.line("the device '" + name + "' with the key "
                    + draft.data().path("key").asString());
            out.confirm("May it answer approval requests for you?");
            return Exit.OK;
        }
        core.projector().record(draft);
        out.line("enrolled: " + name);
        return Exit.OK;
    }

    private static int invite(Core core, Call call, Out out, String name) {
        Invitations.Invitation invitation =
                core.invitations().invite(name, core.state().devices());
        PageAddress.show(
                core,
                call,
                out,
                "enrol=" + invitation.code(),
                "Open it with '" + name + "' within ten minutes, then run: mirror device confirm " + name);
        return Exit.OK;
    }

    private static int confirm(Core core, Out out, String name, boolean yes) {
        Invitations.Invitation invitation = core.invitations().get(name).orElse(null);
        if (invitation == null || invitation.candidate() == null) {
            throw CliException.no("no device '" + Style.plain(name)
                    + "' has answered an invitation; 'mirror device invite NAME' makes one");
        }
        if (!yes) {
            out.line("'" + name + "' must show this fingerprint: " + invitation.fingerprint());
            out.confirm("Does it, and may it answer approval requests for you?");
            return Exit.OK;
        }
        core.projector().record(core.invitations().confirm(name));
        out.line("enrolled: " + name);
        return Exit.OK;
    }

    private static int answer(Core core, Out out, String envelope) {
        Devices.Answered answered = PhoneApi.answered(core, envelope);
        if (answered.refusal() != null) {
            throw CliException.no("refused: " + Style.plain(answered.refusal()));
        }
        out.line(answered.draft().data().path("answer").asString("").equals("allow") ? "allowed, once" : "refused");
        return Exit.OK;
    }

    private static String text(Call call, String word) throws IOException {
        Path path = call.path(word);
        return Files.isRegularFile(path) ? file(call, word).lines().findFirst().orElse("") : word;
    }

    private static String file(Call call, String word) throws IOException {
        Path path = call.path(word);
        if (!Files.isRegularFile(path) || Files.size(path) > MAX_FILE) {
            throw CliException.no(path + " is not a file of at most " + MAX_FILE / 1024 + " KB");
        }
        return Files.readString(path);
    }

    private static int list(Core core, Call call, Out out, boolean json) {
        List<Devices.Device> devices = core.state().devices().list();
        List<Passkeys.Passkey> passkeys = core.state().passkeys().list();
        if (json) {
            var array = Json.array();
            devices.forEach(device -> array.addObject()
                    .put("name", device.name())
                    .put("key", device.key())
                    .put("enrolled", device.enrolled().toString())
                    .put(
                            "revoked",
                            device.revoked() == null ? null : device.revoked().toString()));
            passkeys.forEach(each -> array.addObject()
                    .put("name", each.name())
                    .put("passkey", each.id())
                    .put("rp", each.rp())
                    .put("enrolled", each.enrolled().toString())
                    .put(
                            "revoked",
                            each.revoked() == null ? null : each.revoked().toString()));
            out.line(Json.MAPPER.writeValueAsString(array));
            return Exit.OK;
        }
        if (devices.isEmpty() && passkeys.isEmpty()) {
            out.line("no device answers for you; 'mirror device invite NAME' adds one");
        }
        Style style = new Style(call.color());
        for (Passkeys.Passkey each : passkeys) {
            out.line(style.bold(each.name()) + "  passkey for " + Style.plain(each.rp()) + ", "
                    + (each.revoked() == null ? "since " + each.enrolled() : "revoked " + each.revoked()));
        }
        for (Devices.Device device : devices) {
            out.line(style.bold(device.name()) + "  "
                    + (device.revoked() == null ? "since " + device.enrolled() : "revoked " + device.revoked()));
            out.line("  " + Style.plain(device.key()));
        }
        return Exit.OK;
    }
}
