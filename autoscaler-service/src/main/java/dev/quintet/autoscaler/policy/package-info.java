/** A pool's scaling policies and how fast it may follow them, as operators set them. */
@NullMarked
package dev.quintet.autoscaler.policy;

import org.jspecify.annotations.NullMarked;
