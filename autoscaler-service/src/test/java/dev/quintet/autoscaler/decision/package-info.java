@NullMarked
package dev.quintet.autoscaler.decision;

import org.jspecify.annotations.NullMarked;
