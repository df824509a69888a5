/** Which nodes are silent. */
@NullMarked
package dev.quintet.autoscaler.liveness;

import org.jspecify.annotations.NullMarked;
