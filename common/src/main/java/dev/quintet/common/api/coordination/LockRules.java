package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.problem.Violations;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules for names, times and metadata that several requests about locks share. */
public final class LockRules {
  public static final long USUAL_TTL_MS = 30_000;
  public static final String KEY_RULE =
      "must be 1 to 255 characters without control characters, and not . or ..";

  private static final long SHORTEST_TTL_MS = 100;
  private static final long LONGEST_TTL_MS = 86_400_000;
  private static final long LONGEST_WAIT_MS = 60_000;
  private static final long LONGEST_DELAY_MS = 60_000;
  private static final int MOST_METADATA = 8 * 1024;
  private static final int LONGEST_NAME = 255;
  private static final int LONGEST_REASON = 1_000;
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\u2028\\u2029]");

  private LockRules() {}

  /** Dots alone would be taken out of an address, however they are encoded. */
  public static boolean isKey(String text) {
    return isName(text) && !text.equals(".") && !text.equals("..");
  }

  private static boolean isName(String text) {
    return !text.isEmpty()
        && text.codePointCount(0, text.length()) <= LONGEST_NAME
        && !CONTROL.matcher(text).find();
  }

  static void key(Violations violations, @Nullable String key, String pointer) {
    violations.check(
        key != null && isKey(key), CoordinationProblem.INVALID_LOCK_KEY, pointer, KEY_RULE);
  }

  static void holder(Violations violations, @Nullable String holder, String pointer) {
    violations.check(
        holder != null && isName(holder) && !holder.isBlank(),
        CoordinationProblem.INVALID_HOLDER,
        pointer,
        "must be 1 to 255 characters without control characters");
  }

  static void ttl(Violations violations, @Nullable Long ttlMs, String pointer) {
    violations.check(
        ttlMs == null || (ttlMs >= SHORTEST_TTL_MS && ttlMs <= LONGEST_TTL_MS),
        CoordinationProblem.TTL_OUT_OF_RANGE,
        pointer,
        "must be between " + SHORTEST_TTL_MS + " and " + LONGEST_TTL_MS);
  }

  static void waiting(Violations violations, @Nullable Long waitMs, String pointer) {
    violations.check(
        waitMs == null || (waitMs >= 0 && waitMs <= LONGEST_WAIT_MS),
        CoordinationProblem.WAIT_OUT_OF_RANGE,
        pointer,
        "must be between 0 and " + LONGEST_WAIT_MS);
  }

  static void delay(Violations violations, @Nullable Long delayMs, String pointer) {
    violations.check(
        delayMs == null || (delayMs >= 0 && delayMs <= LONGEST_DELAY_MS),
        CoordinationProblem.DELAY_OUT_OF_RANGE,
        pointer,
        "must be between 0 and " + LONGEST_DELAY_MS);
  }

  static void token(Violations violations, @Nullable Long token, String pointer) {
    violations.check(
        token != null && token >= 1,
        CoordinationProblem.INVALID_TOKEN,
        pointer,
        "must be a fencing token: a number from 1");
  }

  static void reason(Violations violations, @Nullable String reason, String pointer) {
    violations.check(
        reason != null && !reason.isBlank() && reason.length() <= LONGEST_REASON,
        CoordinationProblem.REASON_REQUIRED,
        pointer,
        "must say why, in 1 to " + LONGEST_REASON + " characters");
  }

  static void metadata(Violations violations, @Nullable JsonNode metadata, String pointer) {
    if (metadata == null || metadata.isNull()) {
      return;
    }
    violations.check(
        metadata.isObject(), CoordinationProblem.METADATA_NOT_OBJECT, pointer, "must be an object");
    violations.check(
        metadata.toString().getBytes(StandardCharsets.UTF_8).length <= MOST_METADATA,
        CoordinationProblem.METADATA_TOO_LARGE,
        pointer,
        "must be at most " + MOST_METADATA + " bytes of JSON");
  }

  /** What the database stores; {@code {}} where nothing was said. */
  static String stored(@Nullable JsonNode metadata) {
    return metadata == null || metadata.isNull() ? "{}" : metadata.toString();
  }
}
