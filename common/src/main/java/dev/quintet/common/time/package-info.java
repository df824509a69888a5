/** The one place where the machine's clock is read. */
@NullMarked
package dev.quintet.common.time;

import org.jspecify.annotations.NullMarked;
