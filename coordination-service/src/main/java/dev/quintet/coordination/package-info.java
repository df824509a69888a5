/**
 * What many replicas of many programs need so as not to trip over each other; its features are the
 * packages below.
 */
@NullMarked
package dev.quintet.coordination;

import org.jspecify.annotations.NullMarked;
