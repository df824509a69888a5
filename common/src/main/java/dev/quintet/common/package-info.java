/** What the five services share; each sub-package is one concern. */
@NullMarked
package dev.quintet.common;

import org.jspecify.annotations.NullMarked;
