/** Measures Mirror on the user's own machine, beside real peers, and says which targets hold. */
@NullMarked
package mirror.bench;

import org.jspecify.annotations.NullMarked;
