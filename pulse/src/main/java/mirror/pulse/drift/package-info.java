/** Whether what is measured again and again is still what it was, with a stated rate of false alarms. */
@NullMarked
package mirror.pulse.drift;

import org.jspecify.annotations.NullMarked;
