package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.ProblemType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What coordination-service refuses, and how. The code is the constant's name in lower case. */
public enum CoordinationProblem implements ProblemType {
  LOCK_NOT_FOUND(404, "Nobody holds this lock"),
  UNKNOWN_SEMAPHORE(404, "There is no such semaphore"),
  UNKNOWN_BREAKER(404, "There is no such circuit breaker"),
  UNKNOWN_POLICY(404, "There is no such rate limit policy"),
  RESERVATION_NOT_FOUND(404, "There is no such reservation"),
  UNKNOWN_KEY(404, "The model has no key"),
  CACHE_MISS(404, "The value is not in the cache"),
  UNKNOWN_PROMISE(404, "There is no such promise"),
  SESSION_EXPIRED(404, "The session is over"),
  UNKNOWN_HASH(404, "The document has no perceptual hash"),
  UNKNOWN_ADMISSION(404, "There is no such admission"),
  UNKNOWN_JOB(404, "There is no such job"),

  LOCK_HELD(409, "Somebody else holds the lock"),
  LOCK_WAIT_TIMEOUT(409, "The lock did not become free in time"),
  LEASE_LOST(409, "The lease is over"),
  STALE_TOKEN(409, "A higher fencing token was seen"),
  PERMITS_IN_USE(409, "More permits are in use than would remain"),
  VERSION_CONFLICT(409, "The resource has changed since it was read"),
  ROTATION_IN_PROGRESS(409, "The key is being rotated"),
  STALE_FILL(409, "The document changed after the value was asked for"),
  STALE_PROMISE(409, "Another caller has become the leader"),
  TOO_MANY_SESSIONS(409, "The user has as many sessions as allowed"),
  ALREADY_RUNNING(409, "The job is running"),
  ADMISSION_CLOSED(409, "The admission is completed or has expired"),

  STREAM_TOO_OLD(410, "The stream no longer reaches back that far"),

  BATCH_TOO_LARGE(413, "The batch is too large"),
  VALUE_TOO_LARGE(413, "The value is too large"),

  INVALID_LOCK_KEY(422, "The lock's key is not acceptable"),
  INVALID_HOLDER(422, "The holder is not acceptable"),
  TTL_OUT_OF_RANGE(422, "The time to live is out of range"),
  WAIT_OUT_OF_RANGE(422, "The wait is out of range"),
  DELAY_OUT_OF_RANGE(422, "The delay is out of range"),
  METADATA_TOO_LARGE(422, "The metadata are too large"),
  METADATA_NOT_OBJECT(422, "The metadata are not an object"),
  LEASE_ID_REUSED(422, "The lease id belongs to another lock"),
  INVALID_MODE(422, "The mode is not one of the modes of a lock"),
  INVALID_PERMITS(422, "The number of permits is not acceptable"),
  INVALID_RESOURCE(422, "The resource's name is not acceptable"),
  INVALID_TOKEN(422, "The fencing token is not acceptable"),
  REASON_REQUIRED(422, "A reason is needed"),
  INVALID_STATE(422, "The state is not one of closed, open, half-open"),
  INVALID_OUTCOME(422, "The outcome is not known"),
  INVALID_BREAKER_CONFIG(422, "The circuit breaker's settings are not acceptable"),
  INVALID_SERVICE_NAME(422, "The service's name is not acceptable"),
  INVALID_COST(422, "The cost is not acceptable"),
  COST_EXCEEDS_LIMIT(422, "The cost is larger than the limit"),
  INVALID_POLICY(422, "The rate limit policy is not acceptable"),
  INVALID_KEY_SEGMENT(422, "The value cannot be part of a key"),
  INVALID_HASH(422, "The hash is not 16 to 128 hexadecimal digits"),
  INVALID_JSON(422, "The value is not JSON"),
  CACHE_KEY_TOO_LONG(422, "The cache key is too long"),
  INVALID_CACHE_TYPE(422, "The cache type is not one of document, enhancement, similarity"),
  INVALID_SCOPE(422, "The scope is not acceptable"),
  BAD_PHASH(422, "The perceptual hash is not 16 hexadecimal digits"),
  DISTANCE_OUT_OF_RANGE(422, "The distance is out of range"),
  PATTERN_TOO_BROAD(422, "The pattern would match too much"),
  METRIC_VALUE_OUT_OF_RANGE(422, "The metric's value is out of range"),
  TIMESTAMP_OUT_OF_RANGE(422, "The time is out of range"),
  INVALID_METRIC(422, "The metric is not acceptable"),
  ALL_REJECTED(422, "Nothing in the batch is acceptable"),
  THRESHOLD_OUT_OF_RANGE(422, "The threshold is out of range"),
  INVALID_WINDOW(422, "The window of time is not acceptable"),
  UNKNOWN_DOCUMENT(422, "There is no such document"),
  UNKNOWN_USER(422, "There is no such user"),
  INVALID_API_KEY(422, "The key is not acceptable"),
  UNKNOWN_KEK(422, "There is no such key-encryption key"),
  INVALID_SESSION(422, "The session is not acceptable"),
  INVALID_USAGE(422, "The usage record is not acceptable"),
  INVALID_ADMISSION(422, "The admission is not acceptable"),

  QUEUE_FULL(429, "Too many wait for this lock"),
  QUOTA_EXCEEDED(429, "A rate limit is used up"),

  STORE_UNAVAILABLE(503, "The database cannot be reached"),
  REDIS_UNAVAILABLE(503, "Redis cannot be reached"),
  RATE_LIMITER_UNAVAILABLE(503, "The rate limiter cannot be asked and its policy is closed"),
  CIRCUIT_OPEN(503, "The circuit is open"),
  NO_CANDIDATE(503, "None of the candidates may be called now"),
  NO_USABLE_KEY(503, "The model has no usable key now"),
  KEK_UNAVAILABLE(503, "There is no key-encryption key"),
  SHUTTING_DOWN(503, "The replica is shutting down; ask again"),
  PG_STAT_STATEMENTS_MISSING(503, "The extension pg_stat_statements is not installed"),
  PG_STAT_STATEMENTS_NOT_LOADED(503, "pg_stat_statements is not in shared_preload_libraries");

  private final int status;
  private final String title;

  CoordinationProblem(int status, String title) {
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

  /** One of ours is registered: clients of other limiters know it. */
  @Override
  public String uri() {
    return this == QUOTA_EXCEEDED
        ? "https://iana.org/assignments/http-problem-types#quota-exceeded"
        : ProblemType.super.uri();
  }

  /** The problem that a function of the database or a script of Redis named. */
  public static Optional<CoordinationProblem> ofCode(String code) {
    return Arrays.stream(values()).filter(problem -> problem.code().equals(code)).findFirst();
  }
}
