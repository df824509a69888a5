/** What the seed says, and where its origin failed. */
@NullMarked
package dev.quintet.tracker.seed;

import org.jspecify.annotations.NullMarked;
