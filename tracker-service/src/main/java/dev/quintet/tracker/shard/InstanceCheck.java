package dev.quintet.tracker.shard;

import dev.quintet.tracker.access.ClusterAccess;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.util.UUID;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database before an instance's stream begins. A stream answers 200 before its first piece
 * is known, so an instance that nobody knows has to be refused before.
 */
@ApplicationScoped
public class InstanceCheck {
  private final ShardQueries shards;
  private final ClusterAccess access;

  InstanceCheck(ShardQueries shards, ClusterAccess access) {
    this.shards = shards;
    this.access = access;
  }

  @ServerRequestFilter
  @OfKnownInstance
  public Uni<Void> look(UriInfo uri) {
    var path = uri.getPathParameters();
    String cluster = path.getFirst("cluster");
    String instance = path.getFirst("instance");
    var unused = access.to(cluster, instance);
    return shards.known(
        cluster, instance, incarnation(uri.getQueryParameters().getFirst("incarnation")));
  }

  /** What is no UUID is refused as the method's parameter is read. */
  private static @Nullable UUID incarnation(@Nullable String text) {
    try {
      return text == null ? null : UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
