/**
 * Who waits for a change hears of it at once: notifications of the database, fanned out to waiters.
 */
@NullMarked
package dev.quintet.common.wakeup;

import org.jspecify.annotations.NullMarked;
