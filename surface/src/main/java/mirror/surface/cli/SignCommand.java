package mirror.surface.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Contracts;
import mirror.trust.Policy;
import mirror.trust.TrustException;

/** Signs what is loaded only when it is signed; for the owner, as {@code approve} is. */
record SignCommand() implements Command {
    /** What was signed or looked at. */
    private record Done(Path target, String kind, String text) {}

    @Override
    public String name() {
        return "sign";
    }

    @Override
    public String usage() {
        return "sign FILE... [--kind policy|organism|service|heal|reaper|skill|module] [--check] [--json]";
    }

    @Override
    public String summary() {
        return "sign organisms, services, fixes, policies, skills and modules with this device's key";
    }

    @Override
    public String help() {
        return """
                Writes FILE.dsse beside each FILE. Of a skill all files of the folder are signed; name the folder.
                --kind is known for files in organisms/, services/ and heals/, for reaper.yaml, the policy, and for folders with a SKILL.md.
                --check says who signed each, or exits 1 with what does not hold; it signs nothing.

                A signed organism, service or policy is in force at once. Whose signatures count besides yours: mirror trust.
                """;
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException {
        Options options = Options.parse(this, call.args(), "kind=", "check", "json");
        if (options.rest().isEmpty()) {
            throw CliException.usage("usage: mirror " + usage());
        }
        List<Done> done = new ArrayList<>();
        for (String name : options.rest()) {
            Path target = path(call, name);
            String kind =
                    options.value("kind").isPresent() ? options.value("kind").get() : kind(core, target);
            if (!Contracts.KINDS.contains(kind)) {
                throw CliException.usage("--kind is one of " + String.join(", ", Contracts.KINDS));
            }
            try {
                done.add(new Done(
                        target,
                        kind,
                        options.has("check")
                                ? "signed by " + core.contracts().verify(kind, target)
                                : sign(core, kind, target)));
            } catch (TrustException e) {
                throw CliException.no(Style.plain(target + ": " + e.getMessage()));
            }
        }
        for (Done one : done) {
            out.line(
                    options.has("json")
                            ? Json.MAPPER.writeValueAsString(Json.object()
                                    .put("file", one.target.toString())
                                    .put("kind", one.kind)
                                    .put("result", one.text))
                            : Style.plain(one.target + ": " + one.text));
        }
        return options.has("check") ? Exit.OK : reload(core, done, options, out);
    }

    private static Path path(Call call, String name) {
        return call.path(name).toAbsolutePath().normalize();
    }

    private static String kind(Core core, Path target) throws IOException {
        if (isIn(target, core.home().organisms())) {
            return "organism";
        }
        if (isIn(target, core.home().services())) {
            return "service";
        }
        if (isIn(target, core.home().capsules())) {
            return "capsule";
        }
        if (isIn(target, core.home().heals())) {
            return "heal";
        }
        if (target.equals(core.home().reaper())) {
            return "reaper";
        }
        if (isPolicyInForce(core, target)) {
            return "policy";
        }
        if (Files.isRegularFile(target.resolve("SKILL.md"))) {
            return "skill";
        }
        throw CliException.usage(
                "say what " + Style.plain(target.toString()) + " is: --kind " + String.join("|", Contracts.KINDS));
    }

    private static boolean isIn(Path target, Path folder) throws IOException {
        Path parent = target.getParent();
        return parent != null
                && Files.isDirectory(folder)
                && Files.isDirectory(parent)
                && Files.isSameFile(parent, folder);
    }

    private static boolean isPolicyInForce(Core core, Path target) throws IOException {
        Path policy = core.policies().file();
        return Files.exists(target) && Files.exists(policy) && Files.isSameFile(target, policy);
    }

    private static String sign(Core core, String kind, Path target) throws IOException {
        if (kind.equals("policy") && isPolicyInForce(core, target)) {
            Policy policy = core.policies().sign();
            core.projector().record(PolicyCommand.signed(policy));
            return policy.size() + " rules signed and in force";
        }
        if (kind.equals("policy") && Files.isRegularFile(target)) {
            Policy.parse(Files.readAllBytes(target));
        }
        byte[] envelope = core.contracts().sign(kind, target).getBytes(StandardCharsets.UTF_8);
        core.files().write(FileWrite.kept(Contracts.signature(target), envelope).by("owner"));
        core.projector()
                .record(Draft.of(
                        "mirror.contract.signed.v1",
                        "owner",
                        Json.object()
                                .put("kind", kind)
                                .put("path", target.toString())
                                .put("sha256", AtomicFiles.digest(envelope))));
        return "signed as " + kind.toLowerCase(Locale.ROOT) + ", "
                + Contracts.signature(target).getFileName();
    }

    /** So that what was just signed runs, and what else is wrong with it is said at once. */
    private static int reload(Core core, List<Done> done, Options options, Out out) {
        List<String> faults = new ArrayList<>();
        if (core.organisms() != null && done.stream().anyMatch(one -> one.kind.equals("organism"))) {
            faults.addAll(core.organisms().reload().faults());
        }
        if (core.services() != null && done.stream().anyMatch(one -> one.kind.equals("service"))) {
            faults.addAll(core.services().reload().faults());
        }
        faults.removeIf(fault -> done.stream().noneMatch(one -> fault.startsWith(one.target.getFileName() + ":")));
        if (!options.has("json")) {
            faults.forEach(fault -> out.line(Style.plain(fault)));
        }
        return faults.isEmpty() ? Exit.OK : Exit.NO;
    }
}
