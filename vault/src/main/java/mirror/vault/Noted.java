package mirror.vault;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One note of a vault, as it was read last.
 *
 * @param path from the root, in '/'
 * @param sha256 of its bytes
 * @param modified when its file was written, as the file system says
 * @param properties of its front matter, flat
 */
public record Noted(String path, String sha256, Instant modified, Map<String, List<String>> properties) {}
