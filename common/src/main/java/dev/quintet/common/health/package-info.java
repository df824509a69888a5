/** What an operator sees of the services that ours depends on. */
@NullMarked
package dev.quintet.common.health;

import org.jspecify.annotations.NullMarked;
