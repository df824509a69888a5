/**
 * The pods' side: getting shards, keeping them, giving them back, and identifying under a permit.
 */
@NullMarked
package dev.quintet.tracker.shard;

import org.jspecify.annotations.NullMarked;
