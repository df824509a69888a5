/** Clusters as people see and configure them. */
@NullMarked
package dev.quintet.tracker.cluster;

import org.jspecify.annotations.NullMarked;
