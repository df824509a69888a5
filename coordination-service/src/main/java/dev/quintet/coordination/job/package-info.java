/** Work that one replica of the fleet does at its hour, on record. */
@NullMarked
package dev.quintet.coordination.job;

import org.jspecify.annotations.NullMarked;
