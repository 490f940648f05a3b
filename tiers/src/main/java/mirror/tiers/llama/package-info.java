/** Models that run in this process: the owner's GGUF files, read by llama.cpp. */
@NullMarked
package mirror.tiers.llama;

import org.jspecify.annotations.NullMarked;
