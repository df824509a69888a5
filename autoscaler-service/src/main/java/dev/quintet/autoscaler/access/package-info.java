/** Who calls, as the audit trail knows them. */
@NullMarked
package dev.quintet.autoscaler.access;

import org.jspecify.annotations.NullMarked;
