package dev.quintet.autoscaler.login;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that the service signs itself. Which of two kinds a token is, its issuer tells; each kind
 * is then held to its own key, and neither to both.
 */
@ApplicationScoped
class LocalTokens {
  static final String ISSUER = "autoscaler-local";

  private static final String SUBJECT = "local:";
  private static final Pattern USER = Pattern.compile("local:([1-9][0-9]{0,9})");

  private final BreakglassConfig config;
  private final String audience;
  private final Clock clock;
  private final ObjectMapper json;
  private final @Nullable LocalKeys keys;

  LocalTokens(
      BreakglassConfig config,
      @ConfigProperty(name = "quarkus.application.name") String audience,
      Clock clock,
      ObjectMapper json) {
    this.config = config;
    this.audience = audience;
    this.clock = clock;
    this.json = json;
    this.keys = config.enabled() ? LocalKeys.of(config) : null;
  }

  /** A valid token, as far as that can be seen without the database. */
  record Token(int user, UUID jti, Instant expires) {}

  /** Reads the key now: a service that cannot sign must not look as if it could. */
  void atStart(@Observes StartupEvent start) {
    if (config.enabled() && keys == null) {
      throw new IllegalStateException("enabled without a key");
    }
  }

  boolean enabled() {
    return keys != null;
  }

  Duration life() {
    return config.tokenLife();
  }

  String issue(int user) {
    Instant now = clock.instant();
    var claims = new JwtClaims();
    claims.setIssuer(ISSUER);
    claims.setAudience(audience);
    claims.setSubject(SUBJECT + user);
    claims.setJwtId(UUID.randomUUID().toString());
    claims.setIssuedAt(NumericDate.fromSeconds(now.getEpochSecond()));
    claims.setExpirationTime(NumericDate.fromSeconds(now.plus(life()).getEpochSecond()));
    try {
      var token = new JsonWebSignature();
      token.setPayload(claims.toJson());
      token.setAlgorithmHeaderValue(signing().algorithm());
      token.setHeader("typ", "JWT");
      token.setKey(signing().privateKey());
      return token.getCompactSerialization();
    } catch (JoseException e) {
      throw new IllegalStateException("a token cannot be signed", e);
    }
  }

  /** Does it say that it is one of these? Anybody can say so; {@link #verified} asks for proof. */
  boolean claims(String token) {
    String[] parts = token.split("\\.", -1);
    if (keys == null || parts.length != 3) {
      return false;
    }
    try {
      byte[] payload = Base64.getUrlDecoder().decode(parts[1]);
      return ISSUER.equals(
          json.readTree(new String(payload, java.nio.charset.StandardCharsets.UTF_8))
              .path("iss")
              .asText());
    } catch (IllegalArgumentException | JsonProcessingException e) {
      return false;
    }
  }

  /** Empty: forged, expired, made for somebody else. */
  Optional<Token> verified(String token) {
    var consumer =
        new JwtConsumerBuilder()
            .setVerificationKey(signing().publicKey())
            .setJwsAlgorithmConstraints(ConstraintType.PERMIT, signing().algorithm())
            .setExpectedIssuer(ISSUER)
            .setExpectedAudience(audience)
            .setRequireSubject()
            .setRequireJwtId()
            .setRequireIssuedAt()
            .setRequireExpirationTime()
            .setEvaluationTime(NumericDate.fromSeconds(clock.instant().getEpochSecond()))
            .build();
    try {
      JwtClaims claims = consumer.processToClaims(token);
      var user = USER.matcher(claims.getSubject());
      return user.matches()
          ? Optional.of(
              new Token(
                  Integer.parseInt(user.group(1)),
                  UUID.fromString(claims.getJwtId()),
                  Instant.ofEpochSecond(claims.getExpirationTime().getValue())))
          : Optional.empty();
    } catch (InvalidJwtException | MalformedClaimException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private LocalKeys signing() {
    if (keys == null) {
      throw new IllegalStateException("local logins are switched off");
    }
    return keys;
  }
}
