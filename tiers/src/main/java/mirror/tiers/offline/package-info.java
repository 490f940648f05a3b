/** Answers without any model: sentences of the owner's notes, each with its place. */
@NullMarked
package mirror.tiers.offline;

import org.jspecify.annotations.NullMarked;
