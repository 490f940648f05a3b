@NullMarked
package mirror.trust.claims;

import org.jspecify.annotations.NullMarked;
