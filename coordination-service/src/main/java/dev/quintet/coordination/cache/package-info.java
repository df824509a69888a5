/**
 * Results of models, kept by content and preferences. Redis has the values, PostgreSQL knows which
 * there are; a change of the database empties what is about it.
 */
@NullMarked
package dev.quintet.coordination.cache;

import org.jspecify.annotations.NullMarked;
