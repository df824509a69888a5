/** Who calls, and what a role includes. */
@NullMarked
package dev.quintet.common.security;

import org.jspecify.annotations.NullMarked;
