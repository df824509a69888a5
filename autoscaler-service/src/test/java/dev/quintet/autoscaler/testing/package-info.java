/** What several tests of the autoscaler share. */
@NullMarked
package dev.quintet.autoscaler.testing;

import org.jspecify.annotations.NullMarked;
