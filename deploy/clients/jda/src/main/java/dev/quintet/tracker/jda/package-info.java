/**
 * Shards of a JDA bot, given and fenced by tracker-service.
 *
 * <p>{@link dev.quintet.tracker.jda.TrackedShards} is the whole outside: it asks the tracker for
 * shards, runs them in JDA, and stops each one the moment its lease is no longer certain.
 */
@NullMarked
package dev.quintet.tracker.jda;

import org.jspecify.annotations.NullMarked;
