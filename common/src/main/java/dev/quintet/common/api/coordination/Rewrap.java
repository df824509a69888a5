package dev.quintet.common.api.coordination;

/**
 * How far a change of the key-encryption key has come.
 *
 * @param rewrapped keys, by this request
 * @param remaining keys under another one; ask again while there are some
 */
public record Rewrap(String toKekId, int rewrapped, long remaining) {}
