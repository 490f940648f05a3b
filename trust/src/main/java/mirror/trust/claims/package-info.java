/** Claims: which statements of fact in a text for others no recorded measurement supports. */
@NullMarked
package mirror.trust.claims;

import org.jspecify.annotations.NullMarked;
