/** Several models on one question: who says what, what only one of them says, and what there is for it. */
@NullMarked
package mirror.tiers.council;

import org.jspecify.annotations.NullMarked;
