package dev.quintet.coordination.lock;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A lease's id in an address. */
@Schema(type = SchemaType.STRING, format = "uuid")
public record LeaseId(UUID value) {
  // UUID.fromString also takes 1-1-1-1-1.
  private static final Pattern FORM =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  /** JAX-RS looks for this name. */
  public static LeaseId fromString(String text) {
    return required(text);
  }

  static LeaseId required(@Nullable String text) {
    var violations = new Violations();
    violations.checkParameter(
        text != null && FORM.matcher(text).matches(),
        CommonProblem.INVALID_PARAMETER,
        "lease_id",
        "must be a UUID");
    violations.orThrow();
    return new LeaseId(UUID.fromString(Objects.requireNonNull(text)));
  }
}
