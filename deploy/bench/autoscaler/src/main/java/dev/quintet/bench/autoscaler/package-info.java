/** JMH benches of the scaling brain; run by {@code ./quintet bench autoscaler}. */
package dev.quintet.bench.autoscaler;
