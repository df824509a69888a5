/** Creations that may be repeated: one effect, one answer. */
@NullMarked
package dev.quintet.common.idempotency;

import org.jspecify.annotations.NullMarked;
