package mirror.bus;

import java.nio.file.Path;

/** Where everything of one device lives; names only, nothing is created here. */
public record Home(Path root) {
    public Home {
        root = root.toAbsolutePath().normalize();
    }

    public Path bus() {
        return root.resolve("bus");
    }

    /** The chain of one origin: segments, {@code checkpoints}, {@code key.pub}. */
    public Path chain(String origin) {
        return bus().resolve(origin);
    }

    public Path blobs() {
        return root.resolve("blobs");
    }

    /** Tails that a crash tore off before they were acknowledged. */
    public Path torn() {
        return root.resolve("torn");
    }

    /** What is damaged and was taken out of the log by a repair. */
    public Path quarantine() {
        return root.resolve("quarantine");
    }

    /** What only saves time: everything in it may be removed while no daemon runs. */
    public Path index() {
        return root.resolve("idx");
    }

    public Path keys() {
        return root.resolve("keys");
    }

    public Path policy() {
        return root.resolve("policy");
    }

    public Path continuity() {
        return root.resolve("continuity");
    }

    public Path handoffs() {
        return root.resolve("handoffs");
    }

    /** How to check the log without Mirror. */
    public Path verifyGuide() {
        return root.resolve("VERIFY.md");
    }

    /** The owner's organisms, one YAML file each. */
    public Path organisms() {
        return root.resolve("organisms");
    }

    /** What Mirror keeps running, one YAML file each. */
    public Path services() {
        return root.resolve("services");
    }

    /** The owner's own fixes, one YAML file each. */
    public Path heals() {
        return root.resolve("heals");
    }

    /** Which orphaned processes may be ended; written and signed by the owner. */
    public Path reaper() {
        return root.resolve("reaper.yaml");
    }

    /** What services write, a file each with its older parts, and their heartbeats. */
    public Path serviceLogs() {
        return root.resolve("service-logs");
    }

    /** How far each organism has come. */
    public Path cursors() {
        return root.resolve("cursors.jsonl");
    }

    public Path config() {
        return root.resolve("config.yaml");
    }

    /** Who answers calls of models; written by the owner. */
    public Path tiers() {
        return root.resolve("tiers.yaml");
    }

    /** What the pulse looks at beyond Mirror itself; written by the owner. */
    public Path pulse() {
        return root.resolve("pulse.yaml");
    }

    /** Small fixed evaluations of models; each signed by the owner. */
    public Path capsules() {
        return root.resolve("capsules");
    }

    /** How often notes of which type are to be looked at again. */
    public Path maintenance() {
        return root.resolve("maintenance.yaml");
    }

    /**
     * What stood in files before Mirror changed them: {@code objects/<sha256>}, {@code chains/<path id>.jsonl}, and what connected
     * clients get back.
     */
    public Path backups() {
        return root.resolve("backups");
    }

    /** What Mirror changed in the owner's vault. */
    public Path changes() {
        return backups().resolve("changes.jsonl");
    }

    /** Writes that were refused and why, a file for each session. */
    public Path rejected() {
        return root.resolve("rejected");
    }

    /** Folders that are being made before they are moved to where they belong. */
    public Path staging() {
        return root.resolve("staging");
    }

    /** By which ways messages leave; written by the owner. */
    public Path signals() {
        return root.resolve("signal.yaml");
    }

    /** The owner's rules for what comes into the vault; without it the built-in ones count. */
    public Path triage() {
        return root.resolve("triage.yaml");
    }

    public Path run() {
        return root.resolve("run");
    }

    public Path socket() {
        return run().resolve("mirror.sock");
    }

    public Path lock() {
        return run().resolve("lock");
    }

    public Path pid() {
        return run().resolve("pid");
    }

    /** While this file exists the gate blocks everything. Apart from the configuration, so that nothing can configure it away. */
    public Path kill() {
        return root.resolve("kill");
    }

    /** While this file exists the gate lets nothing leave the machine. */
    public Path airGap() {
        return root.resolve("air-gap");
    }
}
