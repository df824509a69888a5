/** Changing only what one has seen: ETag and If-Match of things with a version number. */
@NullMarked
package dev.quintet.common.version;

import org.jspecify.annotations.NullMarked;
