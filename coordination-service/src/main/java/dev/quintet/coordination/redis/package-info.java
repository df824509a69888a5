/**
 * The one way to Redis: scripts by their hash, a short deadline, and no waiting while it is known
 * to be away.
 */
@NullMarked
package dev.quintet.coordination.redis;

import org.jspecify.annotations.NullMarked;
