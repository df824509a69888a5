/** Callers of the tracker's SQL for tests, each with a connection and a role of its own. */
@NullMarked
package dev.quintet.tracker.testing;

import org.jspecify.annotations.NullMarked;
