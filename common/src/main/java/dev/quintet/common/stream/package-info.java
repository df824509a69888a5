/** What all streams of server-sent events share. */
@NullMarked
package dev.quintet.common.stream;

import org.jspecify.annotations.NullMarked;
