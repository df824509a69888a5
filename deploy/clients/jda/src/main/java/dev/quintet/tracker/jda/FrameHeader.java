package dev.quintet.tracker.jda;

import org.jspecify.annotations.Nullable;

/**
 * {@code op}, {@code s} and {@code t} of a gateway frame, found without parsing its {@code d}.
 *
 * <p>JDA parses every frame anyway; a GUILD_CREATE of some megabytes should not be parsed twice
 * only to learn its number.
 */
record FrameHeader(int op, long seq, @Nullable String type) {

  static final int DISPATCH = 0;
  static final int HEARTBEAT = 1;
  static final int IDENTIFY = 2;
  static final int RESUME = 6;
  static final int INVALID_SESSION = 9;
  static final int HELLO = 10;
  static final int HEARTBEAT_ACK = 11;

  static final long NO_SEQ = -1;

  static FrameHeader of(String json) {
    int op = -1;
    long seq = NO_SEQ;
    String type = null;
    int at = json.indexOf('{') + 1;
    while (at > 0 && at < json.length()) {
      int keyStart = json.indexOf('"', at);
      if (keyStart < 0) {
        break;
      }
      int keyEnd = endOfString(json, keyStart);
      int valueStart = json.indexOf(':', keyEnd) + 1;
      int valueEnd = endOfValue(json, valueStart);
      String value;
      switch (json.substring(keyStart + 1, keyEnd - 1)) {
        case "op" -> op = Integer.parseInt(json.substring(valueStart, valueEnd).strip());
        case "s" -> {
          value = json.substring(valueStart, valueEnd).strip();
          seq = value.equals("null") ? NO_SEQ : Long.parseLong(value);
        }
        case "t" -> {
          value = json.substring(valueStart, valueEnd).strip();
          type = value.startsWith("\"") ? value.substring(1, value.length() - 1) : null;
        }
        default -> {}
      }
      at = valueEnd + 1;
    }
    return new FrameHeader(op, seq, type);
  }

  private static int endOfString(String json, int openingQuote) {
    int at = openingQuote + 1;
    while (json.charAt(at) != '"') {
      at += json.charAt(at) == '\\' ? 2 : 1;
    }
    return at + 1;
  }

  /** The index of the comma or brace that ends the value. */
  private static int endOfValue(String json, int start) {
    int depth = 0;
    int at = start;
    while (at < json.length()) {
      switch (json.charAt(at)) {
        case '"' -> at = endOfString(json, at) - 1;
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (depth == 0) {
            return at;
          }
          depth--;
        }
        case ',' -> {
          if (depth == 0) {
            return at;
          }
        }
        default -> {}
      }
      at++;
    }
    return at;
  }
}
