/** Versions of the nodes' configurations: byte-exact, one active, each kept. */
@NullMarked
package dev.quintet.autoscaler.configuration;

import org.jspecify.annotations.NullMarked;
