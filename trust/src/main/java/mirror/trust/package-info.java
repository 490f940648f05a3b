/** Trust: what may happen, decided outside every model, and who may say so. */
@NullMarked
package mirror.trust;

import org.jspecify.annotations.NullMarked;
