/** What an error of the autoscaler's tables and SQL functions means to a client. */
@NullMarked
package dev.quintet.autoscaler.problem;

import org.jspecify.annotations.NullMarked;
