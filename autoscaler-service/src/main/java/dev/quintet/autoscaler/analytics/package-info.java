/** The fleet minute by minute, and what was seen of each pool. */
@NullMarked
package dev.quintet.autoscaler.analytics;

import org.jspecify.annotations.NullMarked;
