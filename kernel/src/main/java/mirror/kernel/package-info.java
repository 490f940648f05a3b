/** What Mirror does by itself when something has happened: the built-in organisms, and the owner's from YAML files. */
@NullMarked
package mirror.kernel;

import org.jspecify.annotations.NullMarked;
