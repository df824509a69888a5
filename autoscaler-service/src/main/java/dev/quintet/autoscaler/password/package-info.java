/** The one place where passwords are hashed and compared. */
@NullMarked
package dev.quintet.autoscaler.password;

import org.jspecify.annotations.NullMarked;
