/** Files that the owner writes in YAML, read strictly: one reader for all of them. */
@NullMarked
package mirror.trust.yaml;

import org.jspecify.annotations.NullMarked;
