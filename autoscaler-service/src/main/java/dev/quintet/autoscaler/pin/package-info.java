/** Overrides: an operator's pin of a pool's size, with a reason and an end. */
@NullMarked
package dev.quintet.autoscaler.pin;

import org.jspecify.annotations.NullMarked;
