/** Continuity: what a session leaves behind and what the next one starts with, made from recorded events alone. */
@NullMarked
package mirror.continuity;

import org.jspecify.annotations.NullMarked;
