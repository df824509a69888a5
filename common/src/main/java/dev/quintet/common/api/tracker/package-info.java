/** Requests and replies of tracker-service. */
@NullMarked
package dev.quintet.common.api.tracker;

import org.jspecify.annotations.NullMarked;
