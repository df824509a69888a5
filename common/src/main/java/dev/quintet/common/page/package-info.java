/** Lists in pages that show each row once. */
@NullMarked
package dev.quintet.common.page;

import org.jspecify.annotations.NullMarked;
