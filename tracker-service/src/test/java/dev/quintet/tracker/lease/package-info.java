/** The invariants of leases, shown in SQL alone. */
@NullMarked
package dev.quintet.tracker.lease;

import org.jspecify.annotations.NullMarked;
