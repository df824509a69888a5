package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.CacheEntry;
import dev.quintet.common.api.coordination.CacheStats;
import dev.quintet.common.api.coordination.CacheTypes;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.cache.MetadataQueries.Filter;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What is cached, without the values. */
@Path("/api/v1")
@Tag(name = "cache")
public class MetadataResource {
  private final MetadataQueries metadata;
  private final Callers callers;

  MetadataResource(MetadataQueries metadata, Callers callers) {
    this.metadata = metadata;
    this.callers = callers;
  }

  @GET
  @Path("/cache/metadata")
  @RolesAllowed({Roles.USER, Roles.ADMIN})
  @Operation(
      summary = "What is cached, by key",
      description = "The caller's own; an administrator sees all.")
  @Problems({"invalid_cache_type", "invalid_limit", "invalid_cursor"})
  public Uni<Page<CacheEntry>> listMetadata(
      @QueryParam("cache_type") @Nullable String type,
      @QueryParam("document_id") @Nullable UUID documentId,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var violations = new Violations();
    violations.checkParameter(
        type == null || CacheTypes.ALL.contains(type),
        CoordinationProblem.INVALID_CACHE_TYPE,
        "cache_type",
        "must be one of " + String.join(", ", CacheTypes.ALL));
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return metadata
        .list(callers.current(), new Filter(type, documentId), page)
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.cacheKey())));
  }

  @GET
  @Path("/cache/stats")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS, Roles.ADMIN})
  @Operation(
      summary = "How well the caches do",
      description = "Hits and misses are counted every few seconds.")
  public Uni<CacheStats> stats() {
    return metadata.stats();
  }
}
