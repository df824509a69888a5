/** What every resource asks first: is the name one, and may this caller go there. */
@NullMarked
package dev.quintet.tracker.access;

import org.jspecify.annotations.NullMarked;
