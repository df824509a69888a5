/** What the tests of several features share. */
@NullMarked
package dev.quintet.coordination.testing;

import org.jspecify.annotations.NullMarked;
