package dev.quintet.common.api.autoscaler;

import org.jspecify.annotations.Nullable;

/**
 * An enrolment token just made. It is shown this once: only its hash is kept.
 *
 * @param token null where the answer is a repeat of one that showed it
 */
public record EnrollmentTokenIssued(
    EnrollmentToken enrollmentToken, @Nullable String token, boolean tokenAlreadyShown) {
  /** What a repeat of the request is told. */
  public EnrollmentTokenIssued again() {
    return new EnrollmentTokenIssued(enrollmentToken, null, true);
  }
}
