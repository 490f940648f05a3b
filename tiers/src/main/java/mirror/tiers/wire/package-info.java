/** Bytes of model providers: JSON looked at without a tree, server-sent events, HTTP/1.1 to an upstream. */
@NullMarked
package mirror.tiers.wire;

import org.jspecify.annotations.NullMarked;
