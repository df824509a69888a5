/** What is kept, and for how long: partitions made, closed and dropped, old rows deleted. */
@NullMarked
package dev.quintet.autoscaler.retention;

import org.jspecify.annotations.NullMarked;
