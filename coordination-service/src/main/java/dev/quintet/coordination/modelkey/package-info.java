/** Keys of models: sealed at rest, leased by the call, rotated without a gap. */
@NullMarked
package dev.quintet.coordination.modelkey;

import org.jspecify.annotations.NullMarked;
