/** How much a user may ask of a model, counted in one place for all replicas. */
@NullMarked
package dev.quintet.coordination.limit;

import org.jspecify.annotations.NullMarked;
