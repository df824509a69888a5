/**
 * What the end to end tests of all services stand on: packaged services in several replicas, the
 * processes around them, and an HTTP client. {@link dev.quintet.e2e.fleet.Fleet} tells how a
 * service's tests get theirs.
 */
@NullMarked
package dev.quintet.e2e.fleet;

import org.jspecify.annotations.NullMarked;
