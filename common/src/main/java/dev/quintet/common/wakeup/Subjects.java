package dev.quintet.common.wakeup;

import java.util.List;

/**
 * What a notification is about. A service whose payloads are more than one subject's name brings a
 * bean of its own.
 */
public interface Subjects {
  /** Whom to wake. The payload is as the database sent it and may be empty; never throws. */
  List<String> of(String channel, String payload);
}
