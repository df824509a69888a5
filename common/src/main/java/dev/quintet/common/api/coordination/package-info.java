/** What goes over coordination-service's wire: its requests, replies and problem codes. */
@NullMarked
package dev.quintet.common.api.coordination;

import org.jspecify.annotations.NullMarked;
