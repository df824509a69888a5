/**
 * Samples that nodes send: taken in by the batch, rolled up by the minute, read as rows or as
 * series.
 */
@NullMarked
package dev.quintet.autoscaler.metric;

import org.jspecify.annotations.NullMarked;
