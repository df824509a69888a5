/** Decides about real pools: reads what the brain needs, and stores what it says. */
@NullMarked
package dev.quintet.autoscaler.evaluation;

import org.jspecify.annotations.NullMarked;
