/** Intake, rollups and queries of metrics. */
package dev.quintet.autoscaler.metric;
