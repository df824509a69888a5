/** What all scheduled work shares. */
@NullMarked
package dev.quintet.common.job;

import org.jspecify.annotations.NullMarked;
