package mirror.tiers;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A model that runs in this process.
 *
 * @param file the owner's GGUF file
 * @param threads how many threads compute
 * @param unload how long it stays in memory after its last call
 */
public record Gguf(Path file, int threads, Duration unload) {}
