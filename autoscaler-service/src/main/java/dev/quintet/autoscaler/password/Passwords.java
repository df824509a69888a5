package dev.quintet.autoscaler.password;

import dev.quintet.common.api.autoscaler.UserRules;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import io.quarkus.elytron.security.common.BcryptUtil;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.Vertx;
import io.vertx.mutiny.core.WorkerExecutor;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * bcrypt, which takes a quarter of a second of a processor by intent: four threads of its own, so
 * that any number of logins leaves the others to everybody else.
 */
@ApplicationScoped
public class Passwords {
  /** A hash made faster than this falls too fast. */
  private static final int LEAST_COST = 12;

  private static final int AT_A_TIME = 4;

  /** Some ten seconds of work; whoever comes then had better come again. */
  private static final int MOST_WAITING = 100;

  private final int cost;
  private final Vertx vertx;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile @Nullable WorkerExecutor workers;
  private volatile @Nullable String nobodys;

  Passwords(
      Vertx vertx,
      @ConfigProperty(name = "quintet.autoscaler.bcrypt-cost", defaultValue = "12") int cost) {
    if (cost < LEAST_COST || cost > 20) {
      throw new IllegalStateException(
          "quintet.autoscaler.bcrypt-cost must be between " + LEAST_COST + " and 20");
    }
    this.cost = cost;
    this.vertx = vertx;
  }

  @PreDestroy
  void close() {
    WorkerExecutor made = workers;
    if (made != null) {
      made.getDelegate().close();
    }
  }

  public Uni<String> hash(String password) {
    return work(() -> BcryptUtil.bcryptHash(password, cost));
  }

  /**
   * Takes the same time whether there is a hash to compare with or not, so that the time of an
   * answer does not tell which accounts exist.
   *
   * @param hash null: there is no such account, and nothing matches
   */
  public Uni<Boolean> matches(String password, @Nullable String hash) {
    // Longer ones have never been set, and bcrypt would compare their first 72 bytes only.
    boolean possible = hash != null && UserRules.isPassword(password);
    return work(() -> {
      boolean same =
          BcryptUtil.matches(
              possible ? password : "nobody's", possible && hash != null ? hash : nobodys());
      return same && possible;
    });
  }

  private String nobodys() {
    String known = nobodys;
    if (known == null) {
      known = BcryptUtil.bcryptHash("somebody else's", cost);
      nobodys = known;
    }
    return known;
  }

  private <T> Uni<T> work(Callable<T> hashing) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return Uni.createFrom()
          .failure(
              new ProblemException(CommonProblem.OVERLOADED).retryAfter(Duration.ofSeconds(5)));
    }
    return executor()
        .executeBlocking(hashing, false)
        .onTermination()
        .invoke(waiting::decrementAndGet);
  }

  private synchronized WorkerExecutor executor() {
    WorkerExecutor made = workers;
    if (made == null) {
      made = vertx.createSharedWorkerExecutor("bcrypt", AT_A_TIME);
      workers = made;
    }
    return made;
  }
}
