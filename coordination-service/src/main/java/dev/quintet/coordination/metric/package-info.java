/**
 * What services measure: taken in by the batch, kept by the month, rolled up by the minute, read as
 * rows or percentiles.
 */
@NullMarked
package dev.quintet.coordination.metric;

import org.jspecify.annotations.NullMarked;
