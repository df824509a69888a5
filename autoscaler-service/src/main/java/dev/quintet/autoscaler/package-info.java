/** Decides how many instances each pool should have; its features are the packages below. */
@NullMarked
package dev.quintet.autoscaler;

import org.jspecify.annotations.NullMarked;
