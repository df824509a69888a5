/** Every change on record, with what was before and after; refused ones too. */
@NullMarked
package dev.quintet.autoscaler.audit;

import org.jspecify.annotations.NullMarked;
