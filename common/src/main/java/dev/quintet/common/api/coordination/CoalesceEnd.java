package dev.quintet.common.api.coordination;

/**
 * What became of a promise.
 *
 * @param promoted it failed, and one who waits computes next
 * @param shared the result goes to those who wait and to those who come
 */
public record CoalesceEnd(
    String promiseId, CoalesceStatus status, boolean promoted, boolean shared) {}
