/** The tracker's own figures for Prometheus. */
@NullMarked
package dev.quintet.tracker.metric;

import org.jspecify.annotations.NullMarked;
