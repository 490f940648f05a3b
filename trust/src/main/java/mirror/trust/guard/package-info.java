/** Reads text from outside for what it tries to make an assistant do; the text itself is never taken as an instruction. */
@NullMarked
package mirror.trust.guard;

import org.jspecify.annotations.NullMarked;
