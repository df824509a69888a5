/** What several tests of the autoscaler do to get going. */
@org.jspecify.annotations.NullMarked
package dev.quintet.autoscaler.testing;
