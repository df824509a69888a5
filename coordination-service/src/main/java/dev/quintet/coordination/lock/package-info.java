/** Locks, semaphores and fences. Their truth is in PostgreSQL; a replica holds only who waits. */
@NullMarked
package dev.quintet.coordination.lock;

import org.jspecify.annotations.NullMarked;
