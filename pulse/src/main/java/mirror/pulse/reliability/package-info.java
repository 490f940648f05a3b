/** How far mechanisms can be relied on, by what they did when they were needed. */
@NullMarked
package mirror.pulse.reliability;

import org.jspecify.annotations.NullMarked;
