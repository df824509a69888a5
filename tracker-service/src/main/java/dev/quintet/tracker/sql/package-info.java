/** Rows that come as documents. */
@NullMarked
package dev.quintet.tracker.sql;

import org.jspecify.annotations.NullMarked;
