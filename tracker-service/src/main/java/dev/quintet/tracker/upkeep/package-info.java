/** What must happen without anybody asking: the tick, the seed's cleanup, housekeeping. */
@NullMarked
package dev.quintet.tracker.upkeep;

import org.jspecify.annotations.NullMarked;
