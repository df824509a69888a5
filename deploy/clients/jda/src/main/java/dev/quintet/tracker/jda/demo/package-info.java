/** A bot to try the client with. */
@NullMarked
package dev.quintet.tracker.jda.demo;

import org.jspecify.annotations.NullMarked;
