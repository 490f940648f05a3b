package mirror.bus;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One moment of a {@link SimStorage}, and every disk that a power cut at this moment may leave.
 *
 * <p>Names and bytes vary apart. Each change of a name since its folder was forced is done or undone. Of a file's unforced bytes:
 * <ul>
 *   <li>any prefix is there and the rest is absent; every fourth also with zeros for the rest (the size came first), and every fourth
 *       with old blocks of the same disk;
 *   <li>each sector is, apart from all others, kept, zeros, garbage, or a block that held something else before;
 *   <li>a truncation is done or undone.
 * </ul>
 * The disk's own old blocks are the nastiest filling: they hold lines that prove, at places where they do not belong.
 */
final class Crash {
    /** Up to this many unforced sectors, every combination of fates is made; above, a sample. */
    private static final int ALL_COMBINATIONS = 4;

    /** Up to this many unforced bytes, every prefix is made; above, a sample. */
    private static final int ALL_PREFIXES = 4096;

    private static final int SAMPLE = 200;

    /**
     * @param durable what was forced
     * @param now what a reader sees
     * @param forced how many bytes at the start of {@code now} are durable
     * @param cut whether {@code durable} is longer because a truncation was not forced
     * @param ghost what stood in the file's blocks before it was cut
     */
    record Content(byte[] durable, byte[] now, int forced, boolean cut, byte[] ghost) {
        boolean settled() {
            return !cut && forced == now.length;
        }
    }

    /** What has become of one sector. */
    private enum Fate {
        KEPT,
        ZERO,
        GARBAGE,
        OLD
    }

    private final Map<Path, Content> before;
    private final List<Consumer<Map<Path, Content>>> nameChanges;
    private final @Nullable Path touched;

    /** @param touched what the last change was about; the others could be enumerated when theirs was the last. Null for all. */
    Crash(Map<Path, Content> before, List<Consumer<Map<Path, Content>>> nameChanges, @Nullable Path touched) {
        this.before = before;
        this.nameChanges = nameChanges;
        this.touched = touched;
    }

    /**
     * Hands out every image that differs from those of the moment before; {@code seed} decides what garbage looks like and what is
     * sampled where a count is bounded. Files that are {@code disposable} are sampled.
     */
    void each(long seed, Predicate<Path> disposable, Consumer<Map<Path, byte[]>> consumer) {
        SplittableRandom random = new SplittableRandom(seed);
        long all = (1L << nameChanges.size()) - 1;
        for (long subset : subsets(random)) {
            Map<Path, Content> named = named(subset);
            Map<Path, byte[]> least = new TreeMap<>();
            named.forEach((path, content) -> least.put(path, content.durable));
            consumer.accept(least);
            if (subset != 0 && subset != all) {
                continue;
            }
            named.forEach((path, content) -> {
                if (!content.settled() && !disposable.test(path) && (touched == null || path.equals(touched))) {
                    variants(content, random, bytes -> {
                        Map<Path, byte[]> image = new TreeMap<>(least);
                        image.put(path, bytes);
                        consumer.accept(image);
                    });
                }
            });
        }
        some(random, 5, consumer);
    }

    /** Hands out the worst image and {@code count} others at random, in which several files may be half written at once. */
    void some(RandomGenerator random, int count, Consumer<Map<Path, byte[]>> consumer) {
        consumer.accept(least());
        boolean settled = nameChanges.isEmpty() && before.values().stream().allMatch(Content::settled);
        for (int i = 0; i < count && !settled; i++) {
            consumer.accept(any(random));
        }
    }

    /** Which changes of names are done: every subset of a few; of many none, all, each prefix, all but one, and some at random. */
    private List<Long> subsets(RandomGenerator random) {
        int changes = nameChanges.size();
        long all = (1L << changes) - 1;
        TreeSet<Long> subsets = new TreeSet<>();
        for (long i = 0; i <= Math.min(all, 7); i++) {
            subsets.add(i);
        }
        for (int i = 0; changes > 3 && i <= changes; i++) {
            subsets.add((1L << i) - 1);
            subsets.add(all & ~(1L << i));
            subsets.add(random.nextLong(all));
        }
        return List.copyOf(subsets);
    }

    /** What survives in the worst case: nothing but what was forced. */
    Map<Path, byte[]> least() {
        Map<Path, byte[]> image = new TreeMap<>();
        before.forEach((path, content) -> image.put(path, content.durable));
        return image;
    }

    /** One image at random, in which several files may be half written at once. */
    Map<Path, byte[]> any(RandomGenerator random) {
        Map<Path, byte[]> image = new TreeMap<>();
        named(random.nextLong(1L << nameChanges.size())).forEach((path, content) -> {
            if (content.settled()) {
                image.put(path, content.now);
            } else if (content.cut && random.nextBoolean()) {
                image.put(path, content.durable);
            } else {
                image.put(path, sample(content, random));
            }
        });
        return image;
    }

    private Map<Path, Content> named(long subset) {
        Map<Path, Content> named = new TreeMap<>(before);
        for (int i = 0; i < nameChanges.size(); i++) {
            if ((subset >> i & 1) == 1) {
                nameChanges.get(i).accept(named);
            }
        }
        return named;
    }

    private static void variants(Content content, SplittableRandom random, Consumer<byte[]> consumer) {
        if (content.settled()) {
            return;
        }
        int from = content.forced;
        int to = content.now.length;
        if (content.cut) {
            consumer.accept(Arrays.copyOf(content.now, from));
        }
        int step = to - from <= ALL_PREFIXES ? 1 : (to - from) / SAMPLE;
        for (int at = from + 1; at < to; at += step) {
            consumer.accept(Arrays.copyOf(content.now, at));
            if (at % 4 == 0) {
                consumer.accept(Arrays.copyOf(Arrays.copyOf(content.now, at), to));
            } else if (at % 4 == 2) {
                byte[] old = content.now.clone();
                fill(old, at, to, content, at);
                consumer.accept(old);
            }
        }
        if (from == to) {
            return;
        }
        consumer.accept(content.now);
        int first = from / SimStorage.SECTOR;
        int sectors = (to - 1) / SimStorage.SECTOR + 1 - first;
        Fate[] all = Fate.values();
        if (sectors > ALL_COMBINATIONS) {
            for (int i = 0; i < SAMPLE; i++) {
                consumer.accept(sample(content, random));
            }
            return;
        }
        Fate[] fates = new Fate[sectors];
        for (int combination = 1; combination < Math.powExact(all.length, sectors); combination++) {
            for (int s = 0, rest = combination; s < sectors; s++, rest /= all.length) {
                fates[s] = all[rest % all.length];
            }
            byte[] image = fated(content, fates, random);
            consumer.accept(image);
            // And the same cut somewhere in its last sector.
            int last = Math.max(from, (to - 1) / SimStorage.SECTOR * SimStorage.SECTOR);
            consumer.accept(Arrays.copyOf(image, random.nextInt(last, to)));
        }
    }

    private static byte[] sample(Content content, RandomGenerator random) {
        int from = content.forced;
        int to = content.now.length;
        int sectors = (to - 1) / SimStorage.SECTOR + 1 - from / SimStorage.SECTOR;
        Fate[] fates = new Fate[Math.max(sectors, 0)];
        boolean mostlyKept = random.nextBoolean();
        for (int s = 0; s < fates.length; s++) {
            fates[s] = mostlyKept && random.nextInt(8) > 0 ? Fate.KEPT : Fate.values()[random.nextInt(4)];
        }
        byte[] image = fated(content, fates, random);
        return random.nextInt(3) == 0 ? image : Arrays.copyOf(image, from + random.nextInt(to - from + 1));
    }

    private static byte[] fated(Content content, Fate[] fates, RandomGenerator random) {
        byte[] image = content.now.clone();
        int base = content.forced / SimStorage.SECTOR;
        for (int s = 0; s < fates.length; s++) {
            int start = Math.max(content.forced, (base + s) * SimStorage.SECTOR);
            int end = Math.min(image.length, (base + s + 1) * SimStorage.SECTOR);
            switch (fates[s]) {
                case KEPT -> {}
                case ZERO -> Arrays.fill(image, start, end, (byte) 0);
                case GARBAGE -> {
                    for (int i = start; i < end; i++) {
                        // Line feeds, quotes and braces more often than chance would have them.
                        int dice = random.nextInt(512);
                        image[i] = (byte) (dice < 256 ? dice : "\n\"{}\n".charAt(dice % 5));
                    }
                }
                case OLD -> fill(image, start, end, content, base * SimStorage.SECTOR);
            }
        }
        return image;
    }

    /** Old blocks: what the file held here before it was cut, or its own beginning from {@code origin} on. */
    private static void fill(byte[] image, int from, int to, Content content, int origin) {
        for (int i = from; i < to; i++) {
            if (i < content.ghost.length) {
                image[i] = content.ghost[i];
            } else {
                image[i] = i - origin < content.forced ? content.now[i - origin] : 0;
            }
        }
    }
}
