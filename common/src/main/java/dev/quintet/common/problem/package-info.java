/** Errors as RFC 9457 problem documents, written in one place. */
@NullMarked
package dev.quintet.common.problem;

import org.jspecify.annotations.NullMarked;
