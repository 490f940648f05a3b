/** End-to-end tests with the real clients, and the harness that drives them against a scripted Messages API on loopback. */
@NullMarked
package mirror.app.e2e;

import org.jspecify.annotations.NullMarked;
