package dev.quintet.autoscaler.metric;

/**
 * The few texts that a batch repeats in every sample, each made and checked once: the same
 * characters give the same String, whose hash is then known too.
 */
final class Texts {
  private static final int SLOTS = 1024;

  private final String[] known = new String[SLOTS];

  /** Null: it holds a control character or half a surrogate pair. */
  @org.jspecify.annotations.Nullable String of(char[] text, int from, int length) {
    int hash = length;
    for (int i = from; i < from + length; i++) {
      hash = 31 * hash + text[i];
    }
    int slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    String there = known[slot];
    if (there != null && same(there, text, from, length)) {
      return there;
    }
    String made = new String(text, from, length);
    if (!printable(made)) {
      return null;
    }
    known[slot] = made;
    return made;
  }

  private static boolean same(String known, char[] text, int from, int length) {
    if (known.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (known.charAt(i) != text[from + i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean printable(String text) {
    return text.codePoints()
        .noneMatch(c ->
            Character.isISOControl(c)
                || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
  }
}
