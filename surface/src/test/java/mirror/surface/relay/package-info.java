@org.jspecify.annotations.NullMarked
package mirror.surface.relay;
