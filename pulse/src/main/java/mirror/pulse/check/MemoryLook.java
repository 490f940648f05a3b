package mirror.pulse.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory is left, and whether the kernel killed somebody for it since the last look. Known on Linux alone. Used by one thread at a
 * time.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_meminfo.5.html">proc_meminfo(5)</a>
 */
public final class MemoryLook implements Check.Look {
    private final Path proc;
    private OptionalLong killed = OptionalLong.empty();

    /** @param proc {@code /proc} */
    public MemoryLook(Path proc) {
        this.proc = proc;
    }

    @Override
    public Map<String, Finding> look() throws IOException {
        Map<String, Finding> found = new TreeMap<>();
        try {
            String text = Files.readString(proc.resolve("meminfo"), StandardCharsets.US_ASCII);
            OptionalLong total = number(text, "MemTotal: +(\\d{1,15}) kB");
            OptionalLong free = number(text, "MemAvailable: +(\\d{1,15}) kB");
            found.put(
                    "",
                    total.isPresent() && free.isPresent()
                            ? judge(free.getAsLong(), total.getAsLong())
                            : Finding.unknown("this kernel does not say how much is available"));
        } catch (NoSuchFileException e) {
            found.put("", Finding.unknown("only Linux tells what is available"));
        }
        OptionalLong before = killed;
        try {
            killed =
                    number(Files.readString(proc.resolve("vmstat"), StandardCharsets.US_ASCII), "oom_kill (\\d{1,15})");
        } catch (NoSuchFileException e) {
            killed = OptionalLong.empty();
        }
        if (killed.isPresent()) {
            found.put("killed", killed(before, killed.getAsLong()));
        }
        return found;
    }

    private static OptionalLong number(String text, String pattern) {
        Matcher matcher = Pattern.compile("(?m)^" + pattern + "$").matcher(text);
        return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }

    static Finding judge(long free, long total) {
        String told = "%,d of %,d MB are available".formatted(free / 1_024, total / 1_024);
        if (free < total / 20) {
            return Finding.failing(told + "; the kernel will soon kill what takes most");
        }
        return free < total / 10 ? Finding.warning(told) : Finding.ok(told);
    }

    private static Finding killed(OptionalLong before, long now) {
        if (before.isEmpty()) {
            return Finding.unknown(
                    "killed for memory since the machine started: " + now + "; since when is told next time");
        }
        long more = now - before.getAsLong();
        return more > 0
                ? Finding.warning("the kernel killed " + more + (more == 1 ? " process" : " processes")
                        + " for memory since the last look; 'journalctl -k' names them")
                : Finding.ok("nobody was killed for memory since the last look");
    }
}
