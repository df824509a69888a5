package dev.quintet.tracker.jda;

/**
 * The tracker no longer counts this process as the holder, so nothing may be sent for the shard.
 */
final class LeaseLostException extends Exception {
  private static final long serialVersionUID = 1L;

  LeaseLostException(String reason) {
    super(reason);
  }
}
