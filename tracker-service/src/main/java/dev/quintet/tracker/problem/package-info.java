/** What an error of the tracker's SQL functions means to a client. */
@NullMarked
package dev.quintet.tracker.problem;

import org.jspecify.annotations.NullMarked;
