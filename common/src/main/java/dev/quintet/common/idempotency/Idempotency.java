package dev.quintet.common.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Caller;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes a creation safe to repeat: the same caller, operation, key and body give the stored answer
 * for 24 hours; another body is refused. Key, effect and answer are one transaction, so a crash
 * leaves all or nothing, and a refusal (an exception) leaves the key free for another try.
 *
 * <pre>{@code
 * return idempotency
 *     .once(key, caller, "create_cluster", request, tx -> clusters.create(tx, request))
 *     .map(Answer::response);
 * }</pre>
 */
@ApplicationScoped
public class Idempotency {
  private final Statements statements;
  private final IdempotencyQueries queries;
  private final ObjectMapper json;

  Idempotency(Statements statements, IdempotencyQueries queries, ObjectMapper json) {
    this.statements = statements;
    this.queries = queries;
    this.json = json;
  }

  /**
   * What an effect says: it becomes an {@link Answer} that can be stored.
   *
   * @param repeated the body that a repeat is answered with, and the only one that is stored: where
   *     it differs from {@code body}, that one holds a secret
   */
  public record Effect(
      int status, Map<String, String> headers, @Nullable Object body, @Nullable Object repeated) {
    public Effect(int status, Map<String, String> headers, @Nullable Object body) {
      this(status, headers, body, body);
    }

    public static Effect of(int status, @Nullable Object body) {
      return new Effect(status, Map.of(), body);
    }

    /** For a body that must not be stored: a repeat of the request is answered with this one. */
    public Effect repeatedAs(Object other) {
      return new Effect(status, headers, body, other);
    }
  }

  /**
   * Without a key the effect simply happens. {@code request} is what the key stands for: path
   * values and body.
   */
  public Uni<Answer> once(
      @Nullable IdempotencyKey key,
      Caller caller,
      String operation,
      Object request,
      Function<SqlConnection, Uni<Effect>> effect) {
    return statements.together(work(key, caller, operation, request, effect));
  }

  /** As {@link #once}, for an effect that may take longer than a request usually does. */
  public Uni<Answer> onceWithin(
      Duration atMost,
      @Nullable IdempotencyKey key,
      Caller caller,
      String operation,
      Object request,
      Function<SqlConnection, Uni<Effect>> effect) {
    return statements.together(atMost, work(key, caller, operation, request, effect));
  }

  private Function<SqlConnection, Uni<Answer>> work(
      @Nullable IdempotencyKey key,
      Caller caller,
      String operation,
      Object request,
      Function<SqlConnection, Uni<Effect>> effect) {
    if (key == null) {
      return tx -> effect.apply(tx).map(made -> answer(made, made.body()));
    }
    var claim = new Claim(caller.subject(), operation, key.value(), hash(request));
    return tx ->
        queries.claim(tx, claim).chain(mine -> mine ? happen(tx, claim, effect) : again(tx, claim));
  }

  private Uni<Answer> happen(
      SqlConnection tx, Claim claim, Function<SqlConnection, Uni<Effect>> effect) {
    return effect
        .apply(tx)
        .chain(made ->
            queries
                .store(tx, claim, answer(made, made.repeated()))
                .replaceWith(() -> answer(made, made.body())));
  }

  private Uni<Answer> again(SqlConnection tx, Claim claim) {
    return queries
        .find(tx, claim)
        .map(found -> {
          var stored = found.orElseThrow(() -> new ProblemException(CommonProblem.CONFLICT));
          if (!MessageDigest.isEqual(stored.requestHash(), claim.requestHash())) {
            throw new ProblemException(
                CommonProblem.IDEMPOTENCY_KEY_REUSED,
                "the key stands for a request with another content");
          }
          return stored.answer();
        });
  }

  private Answer answer(Effect effect, @Nullable Object body) {
    try {
      return new Answer(
          effect.status(), effect.headers(), body == null ? null : json.writeValueAsString(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer cannot be written", e);
    }
  }

  /** Of the values as read, so that the order of fields and white space do not matter. */
  private byte[] hash(Object request) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(json.writeValueAsBytes(request));
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
