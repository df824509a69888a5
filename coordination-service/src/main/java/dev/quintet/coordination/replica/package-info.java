/** Which replica this is. */
@NullMarked
package dev.quintet.coordination.replica;

import org.jspecify.annotations.NullMarked;
