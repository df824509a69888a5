/**
 * Circuit breakers that a fleet shares: Redis decides, by one script, and PostgreSQL keeps what was
 * decided, so that Redis may be lost.
 */
@NullMarked
package dev.quintet.coordination.breaker;

import org.jspecify.annotations.NullMarked;
