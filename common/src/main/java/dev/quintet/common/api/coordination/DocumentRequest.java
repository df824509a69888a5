package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All that a document's row says; what is left out gets its first value again. Every change empties
 * the document's caches.
 *
 * @param userId whose it is
 * @param status uploaded unless said
 * @param contentHash at most 128 hexadecimal digits
 * @param perceptualHash 16 hexadecimal digits; searched only once it is put under
 *     /perceptual-hashes
 * @param title at most 500 characters
 * @param metadata an object of at most 8 KiB
 */
public record DocumentRequest(
    @Nullable UUID userId,
    @Nullable String status,
    @InvalidAs("invalid_hash") @Nullable String contentHash,
    @InvalidAs("bad_phash") @Nullable String perceptualHash,
    @Nullable String title,
    @InvalidAs("metadata_not_object") @Nullable JsonNode metadata) {
  private static final List<String> STATUSES =
      List.of(
          "uploaded", "pending_analysis", "analyzed", "pending_enhancement", "enhanced", "failed");
  private static final int LONGEST_TITLE = 500;
  private static final int LARGEST_METADATA = 8 * 1024;

  public DocumentRequest {
    status = Objects.requireNonNullElse(status, STATUSES.getFirst());
    contentHash = contentHash == null ? null : contentHash.toLowerCase(Locale.ROOT);
    perceptualHash = perceptualHash == null ? null : perceptualHash.toLowerCase(Locale.ROOT);
    metadata =
        metadata == null || metadata.isNull() ? JsonNodeFactory.instance.objectNode() : metadata;
    var violations = new Violations();
    violations.check(
        STATUSES.contains(status),
        CommonProblem.INVALID_VALUE,
        "/status",
        "must be one of " + String.join(", ", STATUSES));
    if (contentHash != null) {
      Hashes.check(violations, contentHash, "/content_hash");
    }
    if (perceptualHash != null) {
      Hashes.checkPerceptual(violations, perceptualHash, "/perceptual_hash");
    }
    violations.check(
        title == null || title.codePointCount(0, title.length()) <= LONGEST_TITLE,
        CommonProblem.INVALID_VALUE,
        "/title",
        "must have at most " + LONGEST_TITLE + " characters");
    violations.check(
        metadata.isObject(),
        CoordinationProblem.METADATA_NOT_OBJECT,
        "/metadata",
        "must be an object");
    violations.check(
        metadata.toString().getBytes(StandardCharsets.UTF_8).length <= LARGEST_METADATA,
        CoordinationProblem.METADATA_TOO_LARGE,
        "/metadata",
        "must have at most " + LARGEST_METADATA + " bytes");
    violations.orThrow();
  }

  public String status() {
    return Objects.requireNonNull(status);
  }

  public JsonNode metadata() {
    return Objects.requireNonNull(metadata);
  }
}
