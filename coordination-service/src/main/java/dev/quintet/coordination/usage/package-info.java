/** What calls of models cost, and what caches spared; reports over it and over the database. */
@NullMarked
package dev.quintet.coordination.usage;

import org.jspecify.annotations.NullMarked;
