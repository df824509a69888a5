/** What the agent asks of a cloud: to look at one pool, and to set its size. */
@NullMarked
package dev.quintet.autoscaler.agent.pool;

import org.jspecify.annotations.NullMarked;
