/** Instance pools and the limits that hold for them. */
@NullMarked
package dev.quintet.autoscaler.pool;

import org.jspecify.annotations.NullMarked;
