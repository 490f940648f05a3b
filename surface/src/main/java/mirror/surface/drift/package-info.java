/** Capsules: small fixed evaluations of models and skills, run again and again. */
@NullMarked
package mirror.surface.drift;

import org.jspecify.annotations.NullMarked;
