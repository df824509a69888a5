package dev.quintet.cyclic.one;

import dev.quintet.cyclic.two.Back;

/** Half of a circle of two features. */
public record There(Back back) {}
