/** What agents send at each interval, and what they are told. */
@NullMarked
package dev.quintet.autoscaler.heartbeat;

import org.jspecify.annotations.NullMarked;
