package dev.quintet.tracker.upkeep;

import dev.quintet.common.api.tracker.CleanupReply;
import dev.quintet.common.api.tracker.CleanupRequest;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The jobs, on demand. */
@Path("/api/v1")
@Tag(name = "operators")
public class MaintenanceResource {
  private static final long USUAL_S = 600;

  private final UpkeepQueries queries;

  MaintenanceResource(UpkeepQueries queries) {
    this.queries = queries;
  }

  @POST
  @Path("/maintenance/cleanup")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Remove stale rows of the seed's table now",
      description =
          "Rows whose last heartbeat is older than threshold_s. A row with a live fenced lease is never removed, whatever the threshold.")
  @Problems("invalid_threshold")
  public Uni<CleanupReply> cleanUp(CleanupRequest request) {
    return queries.cleanup(request.thresholdS() == null ? USUAL_S : request.thresholdS());
  }
}
