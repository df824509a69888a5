/** What an operator asks of all clusters at once. */
@NullMarked
package dev.quintet.tracker.report;

import org.jspecify.annotations.NullMarked;
