/** What providers say of their models: asked for, recorded when it changed, and never guessed. */
@NullMarked
package mirror.tiers.catalog;

import org.jspecify.annotations.NullMarked;
