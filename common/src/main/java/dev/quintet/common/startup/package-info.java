/** What happens once, before the first request. */
@NullMarked
package dev.quintet.common.startup;

import org.jspecify.annotations.NullMarked;
