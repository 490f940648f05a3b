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
import mirror.kernel.OrganismRegistry;
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
        return "sign FILE... [--kind policy|organism|skill|module] [--check] [--json]";
    }

    @Override
    public String summary() {
        return "sign organisms, policies, skills and modules with this device's key";
    }

    @Override
    public String help() {
        return """
                Writes FILE.dsse beside each FILE. Of a skill all files of the folder are signed; name the folder.
                --kind is known for files in organisms/, for the policy, and for folders with a SKILL.md.
                --check says who signed each, or exits 1 with what does not hold; it signs nothing.

                A signed organism or policy is in force at once. Whose signatures count besides yours: mirror trust.
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
        boolean organisms = done.stream().anyMatch(one -> one.kind.equals("organism"));
        return options.has("check") || !organisms ? Exit.OK : reload(core, done, options, out);
    }

    private static Path path(Call call, String name) {
        return call.path(name).toAbsolutePath().normalize();
    }

    private static String kind(Core core, Path target) throws IOException {
        Path parent = target.getParent();
        if (parent != null
                && Files.isDirectory(core.home().organisms())
                && Files.isDirectory(parent)
                && Files.isSameFile(parent, core.home().organisms())) {
            return "organism";
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

    /** So that the organism that was just signed runs, and what else is wrong with it is said at once. */
    private static int reload(Core core, List<Done> done, Options options, Out out) {
        OrganismRegistry organisms = core.organisms();
        if (organisms == null) {
            return Exit.OK;
        }
        List<String> faults = organisms.reload().faults().stream()
                .filter(fault -> done.stream().anyMatch(one -> fault.startsWith(one.target.getFileName() + ":")))
                .toList();
        if (!options.has("json")) {
            faults.forEach(fault -> out.line(Style.plain(fault)));
        }
        return faults.isEmpty() ? Exit.OK : Exit.NO;
    }
}
