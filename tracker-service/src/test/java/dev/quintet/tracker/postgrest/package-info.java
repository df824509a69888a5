@NullMarked
package dev.quintet.tracker.postgrest;

import org.jspecify.annotations.NullMarked;
