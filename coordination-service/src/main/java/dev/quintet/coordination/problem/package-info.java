/** What an error of the coordination schema's tables and functions means to a client. */
@NullMarked
package dev.quintet.coordination.problem;

import org.jspecify.annotations.NullMarked;
