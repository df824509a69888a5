/** What goes over autoscaler-service's wire: its requests, replies and problem codes. */
@NullMarked
package dev.quintet.common.api.autoscaler;

import org.jspecify.annotations.NullMarked;
