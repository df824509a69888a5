package dev.quintet.cyclic.two;

import dev.quintet.cyclic.one.There;

/** The other half. */
public record Back(There there) {}
