package dev.quintet.autoscaler.agent.pool;

/**
 * One instance pool of a cloud. Calls block, and end within a few seconds whatever the cloud does.
 */
public interface InstancePool {

  Look look();

  /**
   * Sets the size, if the pool is still as it was seen.
   *
   * @param size how many instances the pool shall have, 0 or more
   * @param version the {@link Observation#version} that the decision was made on
   * @param token the same for every try of one intention, so that the cloud can tell a repeat
   */
  Resized resize(int size, String version, String token);
}
