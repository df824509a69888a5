/** Packaged services in several replicas, with real clients, real tokens and real kills. */
@NullMarked
package dev.quintet.e2e;

import org.jspecify.annotations.NullMarked;
