/** Partitions and old rows. */
package dev.quintet.autoscaler.retention;
