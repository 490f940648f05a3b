package mirror.pulse.check;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** How much room the disks have on which these folders lie. Large disks need no tenth of them, so a fixed amount is enough there. */
public final class DiskLook implements Check.Look {
    private static final long GB = 1_000_000_000L;

    private final Supplier<List<Path>> folders;

    /** @param folders asked at each look */
    public DiskLook(Supplier<List<Path>> folders) {
        this.folders = folders;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        for (Path folder : folders.get()) {
            found.put(folder.toString(), look(folder));
        }
        return found;
    }

    private static Finding look(Path folder) {
        try {
            FileStore store = Files.getFileStore(folder);
            return judge(store.getUsableSpace(), store.getTotalSpace());
        } catch (IOException e) {
            return Finding.unknown("its disk cannot be asked: " + e);
        }
    }

    static Finding judge(long free, long size) {
        if (size <= 0) {
            return Finding.unknown("its disk does not say how large it is");
        }
        String told = "%.1f of %.1f GB are free".formatted((double) free / GB, (double) size / GB);
        if (free < Math.min(size / 50, GB)) {
            return Finding.failing(told + "; make room, or soon nothing can be recorded");
        }
        return free < Math.min(size / 10, 20 * GB) ? Finding.warning(told) : Finding.ok(told);
    }
}
