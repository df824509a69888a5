/** What the tests of several features share. */
package dev.quintet.coordination.testing;
