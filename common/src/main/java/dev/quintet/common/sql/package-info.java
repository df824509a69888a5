/** The only way to the database besides a service's own Queries classes. */
@NullMarked
package dev.quintet.common.sql;

import org.jspecify.annotations.NullMarked;
