/** Planned moves: reshards, drains, rebalances, and an administrator's revocation. */
@NullMarked
package dev.quintet.tracker.plan;

import org.jspecify.annotations.NullMarked;
