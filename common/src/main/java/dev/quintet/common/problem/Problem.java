package dev.quintet.common.problem;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The document of RFC 9457 with our members; {@code members} are written beside the others. */
@RegisterForReflection(targets = {Problem.class, Violation.class})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonPropertyOrder({
  "type",
  "title",
  "status",
  "detail",
  "instance",
  "code",
  "trace_id",
  "retry_after_ms",
  "errors"
})
public record Problem(
    String type,
    String title,
    int status,
    @Nullable String detail,
    @Nullable String instance,
    String code,
    @JsonProperty("trace_id") String traceId,
    @JsonProperty("retry_after_ms") @Nullable Long retryAfterMs,
    List<Violation> errors,
    @JsonAnyGetter Map<String, Object> members) {

  public static final String MEDIA_TYPE = "application/problem+json";
}
