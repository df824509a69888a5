/** What counts as an acceptable JSON body, and how all its faults are told at once. */
@NullMarked
package dev.quintet.common.json;

import org.jspecify.annotations.NullMarked;
