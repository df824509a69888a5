/** The rules of coordination-service's requests. */
@NullMarked
package dev.quintet.common.api.coordination;

import org.jspecify.annotations.NullMarked;
