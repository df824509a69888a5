package dev.quintet.autoscaler.agent.pool;

import java.time.Duration;

/** What became of setting a size. */
public sealed interface Resized {

  record Accepted() implements Resized {}

  /** Surely not done, and worth another try: the pool is still about an earlier change, say. */
  record NotNow(String reason, Duration waitAtLeast) implements Resized {}

  /** The cloud did not answer in time: done or not, only a look or the same try again can tell. */
  record Unknown(String reason) implements Resized {}

  /** Somebody changed the pool since it was seen. */
  record Changed() implements Resized {}

  /** The cloud will not do it, however often it is asked. */
  record Refused(String reason) implements Resized {}
}
