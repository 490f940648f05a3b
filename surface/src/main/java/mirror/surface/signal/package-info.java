/**
 * Notifications: ntfy's HTTP API over messages that are events, topics under leases, and the ways by which a message leaves.
 * docs/signal.md is the contract.
 */
@org.jspecify.annotations.NullMarked
package mirror.surface.signal;
