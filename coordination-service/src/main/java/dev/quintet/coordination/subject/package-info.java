/** The users and documents that the other features are about. */
@NullMarked
package dev.quintet.coordination.subject;

import org.jspecify.annotations.NullMarked;
