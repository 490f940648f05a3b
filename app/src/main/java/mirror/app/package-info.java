/** The program: the object graph, the daemon's life, and the client that works without a daemon. */
@NullMarked
package mirror.app;

import org.jspecify.annotations.NullMarked;
