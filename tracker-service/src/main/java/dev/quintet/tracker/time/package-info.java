/** Where the wall clock comes from, for the few who need one. */
@NullMarked
package dev.quintet.tracker.time;

import org.jspecify.annotations.NullMarked;
