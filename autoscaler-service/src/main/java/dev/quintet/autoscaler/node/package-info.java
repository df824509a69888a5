/** Nodes, how they get in (keys, enrolment tokens), and what happened to them. */
@NullMarked
package dev.quintet.autoscaler.node;

import org.jspecify.annotations.NullMarked;
