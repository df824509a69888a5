@NullMarked
package dev.quintet.common.api.autoscaler;

import org.jspecify.annotations.NullMarked;
