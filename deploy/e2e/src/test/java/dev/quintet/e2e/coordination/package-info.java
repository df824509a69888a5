/** coordination-service in several replicas, as the programs that lean on it see it. */
@NullMarked
package dev.quintet.e2e.coordination;

import org.jspecify.annotations.NullMarked;
