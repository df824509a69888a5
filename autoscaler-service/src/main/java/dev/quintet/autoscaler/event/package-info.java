/** What happens to nodes, pools and decisions, as streams that never skip or repeat an event. */
@NullMarked
package dev.quintet.autoscaler.event;

import org.jspecify.annotations.NullMarked;
