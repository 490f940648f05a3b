package mirror.pulse.check;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import mirror.bus.Draft;
import org.jspecify.annotations.Nullable;

/**
 * How much room the disks have on which these folders lie, and for how long. Large disks need no tenth of them, so a fixed amount is enough
 * there. Measurements are recorded a few times a day.
 */
public final class DiskLook implements Check.Look {
    private static final long GB = 1_000_000_000L;

    /** Who is warned of less has a week to make room. */
    private static final int SOON = 7;

    private static final int FAR = 365;

    private final Supplier<List<Path>> folders;
    private final Disks disks;
    private final Consumer<Draft> record;
    private final InstantSource clock;

    /**
     * @param folders asked at each look
     * @param disks how they were
     */
    public DiskLook(Supplier<List<Path>> folders, Disks disks, Consumer<Draft> record, InstantSource clock) {
        this.folders = folders;
        this.disks = disks;
        this.record = record;
        this.clock = clock;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        for (Path folder : folders.get()) {
            found.put(folder.toString(), look(folder));
        }
        return found;
    }

    private Finding look(Path folder) {
        try {
            FileStore store = Files.getFileStore(folder);
            long free = store.getUsableSpace();
            long size = store.getTotalSpace();
            disks.measured(folder.toString(), free, size, clock.instant()).ifPresent(record);
            return judge(free, size, disks.forecast(folder.toString()).orElse(null));
        } catch (IOException e) {
            return Finding.unknown("its disk cannot be asked: " + e);
        }
    }

    static Finding judge(long free, long size, Disks.@Nullable Forecast forecast) {
        if (size <= 0) {
            return Finding.unknown("its disk does not say how large it is");
        }
        String told = "%.1f of %.1f GB are free".formatted((double) free / GB, (double) size / GB);
        if (free < Math.min(size / 50, GB)) {
            return Finding.failing(told + "; make room, or soon nothing can be recorded");
        }
        if (forecast != null && forecast.days() < FAR) {
            told += "; at the pace of the last days full in about " + days(forecast.days()) + " ("
                    + Math.round(forecast.earliest()) + " to "
                    + (forecast.latest() < FAR ? Math.round(forecast.latest()) : "more than " + FAR) + ")";
        }
        boolean soon = forecast != null && forecast.days() < SOON;
        return soon || free < Math.min(size / 10, 20 * GB) ? Finding.warning(told) : Finding.ok(told);
    }

    private static String days(double days) {
        long whole = Math.round(days);
        return whole == 1 ? "1 day" : whole + " days";
    }
}
