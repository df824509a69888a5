/** Shards of Discord bots: who holds which, and how they change hands. */
@NullMarked
package dev.quintet.tracker;

import org.jspecify.annotations.NullMarked;
