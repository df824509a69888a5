/** Documents that look alike, found exactly by the bits in which their hashes differ. */
@NullMarked
package dev.quintet.coordination.phash;

import org.jspecify.annotations.NullMarked;
