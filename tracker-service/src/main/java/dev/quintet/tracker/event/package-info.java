/** The history of clusters, as a list and as a stream that never skips or repeats an event. */
@NullMarked
package dev.quintet.tracker.event;

import org.jspecify.annotations.NullMarked;
