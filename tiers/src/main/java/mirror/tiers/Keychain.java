package mirror.tiers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keychain of the operating system, asked by its own program: {@code security} of macOS, {@code secret-tool} of libsecret
 * elsewhere. The program is told which entry and says the key on its standard output; the key is in no argument, variable or file.
 * Each question starts a program and may wait for the owner, so whoever asks keeps the answer. Thread-safe.
 *
 * @see <a href="https://ss64.com/mac/security.html">security(1)</a>
 * @see <a href="https://manpages.debian.org/bookworm/libsecret-tools/secret-tool.1.en.html">secret-tool(1)</a>
 */
final class Keychain {
    /** No dash in front, so that no name is an option, and nothing that needs quoting in the commands that faults show. */
    private static final String NAME = "([A-Za-z0-9][A-Za-z0-9._@:+-]{0,127})";

    private static final Pattern PLACE = Pattern.compile("keychain:" + NAME + "/" + NAME);

    private static final Path SECURITY = Path.of("/usr/bin/security");

    /** What {@code security} ends with when there is no such entry (errSecItemNotFound, in the eight bits of an exit code). */
    private static final int SECURITY_NOT_FOUND = 44;

    /** And {@code secret-tool}, without a word; when it cannot reach the service it says so. */
    private static final int SECRET_TOOL_NOT_FOUND = 1;

    /** Starts programs. */
    interface Programs {
        /**
         * How a program ended.
         *
         * @param exit its exit code, or -1 when it took too long and was ended
         * @param output what it said on standard output, or the begin of it when that was too much
         * @param complained whether it said anything on standard error
         */
        @SuppressWarnings("ArrayRecordComponent")
        record Ended(int exit, byte[] output, boolean complained) {}

        /** @param most the most bytes of output that are kept */
        Ended run(List<String> argv, int most) throws IOException;
    }

    private final boolean mac;
    private final String path;
    private final Programs programs;

    static Keychain ofThisMachine(Map<String, String> environment) {
        return new Keychain(
                System.getProperty("os.name"),
                environment,
                new KeychainPrograms(environment, KeychainPrograms.PATIENCE));
    }

    /**
     * @param system the name of the operating system, as {@code os.name} has it
     * @param environment whose {@code PATH} leads to {@code secret-tool}
     */
    Keychain(String system, Map<String, String> environment, Programs programs) {
        this.mac = system.toLowerCase(Locale.ROOT).startsWith("mac");
        this.path = environment.getOrDefault("PATH", "");
        this.programs = programs;
    }

    /** Whether this is {@code keychain:SERVICE/ACCOUNT}. */
    static boolean isPlace(String place) {
        return PLACE.matcher(place).matches();
    }

    /** Looks the key up. */
    ProviderKey key(String place) {
        Matcher names = PLACE.matcher(place);
        if (!names.matches()) {
            return ProviderKey.faulty(place, "it is not keychain:SERVICE/ACCOUNT");
        }
        String service = names.group(1);
        String account = names.group(2);
        Optional<Path> program = mac ? Optional.of(SECURITY) : onPath("secret-tool");
        if (program.isEmpty()) {
            return ProviderKey.faulty(
                    place,
                    "secret-tool is not on the PATH that Mirror was started with; Debian has it in libsecret-tools");
        }
        String name = program.get().toString();
        List<String> argv = mac
                ? List.of(name, "find-generic-password", "-s", service, "-a", account, "-w")
                : List.of(name, "lookup", "service", service, "account", account);
        try {
            return judged(place, service, account, programs.run(argv, ProviderKey.LONGEST + 2));
        } catch (IOException e) {
            return ProviderKey.faulty(place, program.get() + " cannot be started");
        }
    }

    private ProviderKey judged(String place, String service, String account, Programs.Ended ended) {
        if (ended.exit() < 0) {
            return ProviderKey.faulty(place, "the keychain did not answer in time; it may wait for you to unlock it");
        }
        boolean missing =
                mac ? ended.exit() == SECURITY_NOT_FOUND : ended.exit() == SECRET_TOOL_NOT_FOUND && !ended.complained();
        if (missing) {
            return ProviderKey.faulty(
                    place,
                    "the keychain has no such entry; run: "
                            + (mac
                                    ? "security add-generic-password -s " + service + " -a " + account + " -w"
                                    : "secret-tool store --label=Mirror service " + service + " account " + account));
        }
        if (ended.exit() != 0) {
            return ProviderKey.faulty(
                    place, "the keychain is locked or cannot be reached (exit code " + ended.exit() + ")");
        }
        String said = new String(ended.output(), StandardCharsets.ISO_8859_1);
        Arrays.fill(ended.output(), (byte) 0);
        return ProviderKey.checked(place, said.strip());
    }

    /** By absolute folders alone: a relative one would lead to wherever Mirror was started. */
    private Optional<Path> onPath(String program) {
        for (String folder : path.split(":", -1)) {
            try {
                Path file = Path.of(folder).resolve(program);
                if (file.isAbsolute() && Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return Optional.of(file);
                }
            } catch (InvalidPathException e) {
                // What is no path leads nowhere.
            }
        }
        return Optional.empty();
    }
}
