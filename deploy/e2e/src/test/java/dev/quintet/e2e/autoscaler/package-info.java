/**
 * The autoscaler's acceptance scenarios A1 to A18, each by a test of that number: two replicas,
 * real tokens, everything through HTTP. The database is read for what no client could see.
 */
@NullMarked
package dev.quintet.e2e.autoscaler;

import org.jspecify.annotations.NullMarked;
