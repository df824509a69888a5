package dev.quintet.coordination.subject;

import dev.quintet.common.sql.Outages;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jboss.logging.Logger;

/**
 * A person who calls has a row of users before his call is answered: policies ask it for the role,
 * limits for the tier. A row that is as the token says is looked at once a minute per replica.
 */
@ApplicationScoped
public class People implements SecurityIdentityAugmentor {
  private static final Logger LOG = Logger.getLogger(People.class);
  private static final long KNOWN_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int MOST_KNOWN = 10_000;

  private final SubjectQueries queries;
  private final ConcurrentMap<Person, Long> knownSince = new ConcurrentHashMap<>();

  People(SubjectQueries queries) {
    this.queries = queries;
  }

  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity, AuthenticationRequestContext context) {
    var person =
        identity.getPrincipal() instanceof JsonWebToken token
            ? Person.of(token, identity.getRoles())
            : java.util.Optional.<Person>empty();
    return person
        .filter(someone -> !known(someone))
        .map(someone -> enter(someone).replaceWith(identity))
        .orElseGet(() -> Uni.createFrom().item(identity));
  }

  private boolean known(Person person) {
    Long since = knownSince.get(person);
    return since != null && System.nanoTime() - since < KNOWN_NANOS;
  }

  private Uni<Void> enter(Person person) {
    return queries
        .seen(person)
        .invoke(() -> {
          if (knownSince.size() >= MOST_KNOWN) {
            knownSince.clear();
          }
          knownSince.put(person, System.nanoTime());
        })
        .onFailure(Outages::isOutage)
        // What he asks for may not need the database; if it does, it will say so itself.
        .recoverWithItem(failure -> {
          LOG.debugf("event=person_not_entered reason=\"%s\"", failure.getMessage());
          return null;
        });
  }

  /** The next call of anybody finds his row or makes it. */
  void forget() {
    knownSince.clear();
  }
}
