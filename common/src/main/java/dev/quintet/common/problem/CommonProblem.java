package dev.quintet.common.problem;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The problems that any service may answer with. The code is the constant's name in lower case. */
public enum CommonProblem implements ProblemType {
  MALFORMED_JSON(400, "The body is not JSON"),
  MALFORMED_REQUEST(400, "The request cannot be understood"),
  UNAUTHENTICATED(401, "A valid access token is needed"),
  FORBIDDEN(403, "The caller's roles do not allow this"),
  NOT_FOUND(404, "There is nothing here"),
  METHOD_NOT_ALLOWED(405, "This resource does not know the method"),
  NOT_ACCEPTABLE(406, "No representation of the asked kind exists"),
  CONFLICT(409, "The current state does not allow this"),
  PRECONDITION_FAILED(412, "The resource has changed since it was read"),
  PAYLOAD_TOO_LARGE(413, "The body is too large"),
  URI_TOO_LONG(414, "The address is too long"),
  UNSUPPORTED_MEDIA_TYPE(415, "The body is of a kind that is not read here"),
  VALIDATION_FAILED(422, "Some of the values are not acceptable"),
  UNKNOWN_FIELD(422, "The body has a field that is not known"),
  WRONG_TYPE(422, "A value is of the wrong type"),
  REQUIRED(422, "A value is missing"),
  INVALID_VALUE(422, "A value is not acceptable"),
  INVALID_CHARACTER(422, "A text has a character that cannot be stored"),
  NUMBER_OUT_OF_RANGE(422, "A number is too large"),
  INVALID_PARAMETER(422, "A parameter is not acceptable"),
  INVALID_LIMIT(422, "The page size is out of range"),
  INVALID_CURSOR(422, "The cursor is not one that was given out"),
  INVALID_IDEMPOTENCY_KEY(422, "The Idempotency-Key is not acceptable"),
  IDEMPOTENCY_KEY_REUSED(422, "The Idempotency-Key was used for another request"),
  TOO_MANY_REQUESTS(429, "Too many requests"),
  HEADERS_TOO_LARGE(431, "The request's headers are too large"),
  INTERNAL_ERROR(500, "The service failed"),
  DATABASE_UNAVAILABLE(503, "The database cannot be reached"),
  ISSUER_UNAVAILABLE(503, "The token cannot be checked now, as its issuer's keys cannot be had"),
  OVERLOADED(503, "The service has too much to do");

  private final int status;
  private final String title;

  CommonProblem(int status, String title) {
    this.status = status;
    this.title = title;
  }

  @Override
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public String title() {
    return title;
  }

  /** The general problem of a status, where nothing more exact is known. */
  static Optional<CommonProblem> ofStatus(int status) {
    return Arrays.stream(values()).filter(problem -> problem.status == status).findFirst();
  }
}
