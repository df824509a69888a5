@NullMarked
package dev.quintet.autoscaler.schedule;

import org.jspecify.annotations.NullMarked;
