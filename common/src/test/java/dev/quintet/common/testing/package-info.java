/**
 * What the tests of every module stand on: real backends, a database each, real and forged tokens.
 */
@NullMarked
package dev.quintet.common.testing;

import org.jspecify.annotations.NullMarked;
