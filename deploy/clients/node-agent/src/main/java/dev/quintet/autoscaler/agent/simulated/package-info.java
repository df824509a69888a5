/** A cloud of the agent's own, with its own and faster time, for demonstrations and trials. */
@NullMarked
package dev.quintet.autoscaler.agent.simulated;

import org.jspecify.annotations.NullMarked;
