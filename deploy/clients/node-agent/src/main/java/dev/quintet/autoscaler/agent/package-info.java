/**
 * A node of the fleet that autoscaler-service manages: watches the instance pools of one region,
 * tells the manager, and carries its targets out.
 *
 * <p>{@link dev.quintet.autoscaler.agent.NodeAgent} is the program, {@link
 * dev.quintet.autoscaler.agent.AgentLoop} its one thread. The rules that keep a pool safe stand in
 * {@link dev.quintet.autoscaler.agent.TargetKeeper}; clouds are behind {@link
 * dev.quintet.autoscaler.agent.pool.InstancePool}.
 */
@NullMarked
package dev.quintet.autoscaler.agent;

import org.jspecify.annotations.NullMarked;
