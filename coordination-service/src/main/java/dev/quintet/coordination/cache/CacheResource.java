package dev.quintet.coordination.cache;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.CacheStored;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.cache.CacheStore.Found;
import dev.quintet.coordination.cache.Caches.Fill;
import dev.quintet.coordination.cache.Caches.Filled;
import dev.quintet.coordination.cache.MetadataQueries.Keep;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import io.vertx.mutiny.core.Vertx;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Cached values by their addresses. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "cache")
@RolesAllowed(Roles.SERVICE)
public class CacheResource {
  static final String FILL_TOKEN = "Coordination-Fill-Token";

  private static final String CACHE_STATUS = "Cache-Status";
  private static final String GZIP = "gzip";
  private static final int LARGEST = 8 * 1024 * 1024;
  private static final long MS = 1_000;

  private final Caches caches;
  private final ObjectMapper json;
  private final Vertx vertx;

  CacheResource(Caches caches, ObjectMapper json, Vertx vertx) {
    this.caches = caches;
    this.json = json;
    this.vertx = vertx;
  }

  @GET
  @Path("/cache/documents/{content_hash}/{preferences_hash}")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "What was computed for a document",
      description =
          "The JSON that was stored, compressed where the client accepts gzip; Cache-Status tells how long it is fresh, of a stale one with a"
              + " ttl below 0. A miss is 404 cache_miss with a fill token, in the header Coordination-Fill-Token and as fill_token, for the PUT"
              + " of what is computed now. Give the same document_id, user_id and scope then. While Redis is away all is missed, with"
              + " degraded and without a token.")
  @APIResponseSchema(value = Object.class, responseCode = "200")
  @Problems({"cache_miss", "invalid_hash", "invalid_scope"})
  public Uni<Response> findDocumentValue(
      @PathParam("content_hash") String contentHash,
      @PathParam("preferences_hash") String preferencesHash,
      @QueryParam("document_id") @Nullable UUID documentId,
      @QueryParam("user_id") @Nullable UUID userId,
      @QueryParam("scope") @Nullable String scope,
      @HeaderParam("Accept-Encoding") @Nullable String accepted,
      @Context RoutingContext request) {
    return find(
        null,
        contentHash,
        "content_hash",
        preferencesHash,
        "preferences_hash",
        documentId,
        userId,
        scope,
        accepted,
        request);
  }

  @GET
  @Path("/cache/enhancements/{model}/{doc_hash}/{pref_hash}")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "How a model enhanced a document",
      description = "As of a document; a miss is 404 cache_miss.")
  @APIResponseSchema(value = Object.class, responseCode = "200")
  @Problems({"cache_miss", "invalid_hash", "invalid_scope", "invalid_key_segment"})
  public Uni<Response> findEnhancement(
      @PathParam("model") String model,
      @PathParam("doc_hash") String contentHash,
      @PathParam("pref_hash") String preferencesHash,
      @QueryParam("document_id") @Nullable UUID documentId,
      @QueryParam("user_id") @Nullable UUID userId,
      @QueryParam("scope") @Nullable String scope,
      @HeaderParam("Accept-Encoding") @Nullable String accepted,
      @Context RoutingContext request) {
    return find(
        model,
        contentHash,
        "doc_hash",
        preferencesHash,
        "pref_hash",
        documentId,
        userId,
        scope,
        accepted,
        request);
  }

  @PUT
  @Path("/cache/documents/{content_hash}/{preferences_hash}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Store what was computed for a document",
      description =
          "Any JSON of at most 8 MiB. With the fill token of the miss it is refused, 409 stale_fill, if the document (or the user, or the model's"
              + " cache) was invalidated since. Kept for ttl_seconds, or by complexity (low, medium, high), quality_score (0 to 100) and tier;"
              + " then for grace_seconds as stale. With a user_id it is that user's alone. 202: Redis is away, and nothing is stored.")
  @RequestBody(required = true, content = @Content(schema = @Schema(implementation = Object.class)))
  @APIResponseSchema(value = CacheStored.class, responseCode = "201")
  @Problems({
    "stale_fill",
    "value_too_large",
    "invalid_json",
    "invalid_hash",
    "invalid_scope",
    "ttl_out_of_range",
    "unknown_document",
    "unknown_user"
  })
  public Uni<Response> putDocumentValue(
      @PathParam("content_hash") String contentHash,
      @PathParam("preferences_hash") String preferencesHash,
      @QueryParam("document_id") @Nullable UUID documentId,
      @QueryParam("user_id") @Nullable UUID userId,
      @QueryParam("scope") @Nullable String scope,
      @QueryParam("complexity") @Nullable String complexity,
      @QueryParam("quality_score") @Nullable String quality,
      @QueryParam("tier") @Nullable String tier,
      @QueryParam("ttl_seconds") @Nullable String ttlSeconds,
      @QueryParam("grace_seconds") @Nullable String graceSeconds,
      @HeaderParam(FILL_TOKEN) @Nullable String token,
      byte[] body) {
    var parameters = new CacheParameters();
    var place =
        parameters.place(
            null,
            contentHash,
            "content_hash",
            preferencesHash,
            "preferences_hash",
            documentId,
            userId,
            scope);
    var keep = parameters.keep(complexity, quality, tier, ttlSeconds, graceSeconds);
    parameters.orThrow();
    return put(place, keep, token, body);
  }

  @PUT
  @Path("/cache/enhancements/{model}/{doc_hash}/{pref_hash}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(summary = "Store how a model enhanced a document", description = "As of a document.")
  @RequestBody(required = true, content = @Content(schema = @Schema(implementation = Object.class)))
  @APIResponseSchema(value = CacheStored.class, responseCode = "201")
  @Problems({
    "stale_fill",
    "value_too_large",
    "invalid_json",
    "invalid_hash",
    "invalid_scope",
    "invalid_key_segment",
    "ttl_out_of_range",
    "unknown_document",
    "unknown_user"
  })
  public Uni<Response> putEnhancement(
      @PathParam("model") String model,
      @PathParam("doc_hash") String contentHash,
      @PathParam("pref_hash") String preferencesHash,
      @QueryParam("document_id") @Nullable UUID documentId,
      @QueryParam("user_id") @Nullable UUID userId,
      @QueryParam("scope") @Nullable String scope,
      @QueryParam("complexity") @Nullable String complexity,
      @QueryParam("quality_score") @Nullable String quality,
      @QueryParam("tier") @Nullable String tier,
      @QueryParam("ttl_seconds") @Nullable String ttlSeconds,
      @QueryParam("grace_seconds") @Nullable String graceSeconds,
      @HeaderParam(FILL_TOKEN) @Nullable String token,
      byte[] body) {
    var parameters = new CacheParameters();
    var place =
        parameters.place(
            model,
            contentHash,
            "doc_hash",
            preferencesHash,
            "pref_hash",
            documentId,
            userId,
            scope);
    var keep = parameters.keep(complexity, quality, tier, ttlSeconds, graceSeconds);
    parameters.orThrow();
    return put(place, keep, token, body);
  }

  private Uni<Response> find(
      @Nullable String model,
      String contentHash,
      String contentName,
      String preferencesHash,
      String preferencesName,
      @Nullable UUID documentId,
      @Nullable UUID userId,
      @Nullable String scope,
      @Nullable String accepted,
      RoutingContext request) {
    var parameters = new CacheParameters();
    var place =
        parameters.place(
            model,
            contentHash,
            contentName,
            preferencesHash,
            preferencesName,
            documentId,
            userId,
            scope);
    parameters.orThrow();
    return caches
        .get(place)
        .chain(found ->
            switch (found) {
              case Found.Hit(Payload value, long left) ->
                  answer(value, accepted, "coordination; hit; ttl=" + left / MS, null);
              case Found.Stale(Payload value, long over, String fillToken) ->
                  answer(
                      value,
                      accepted,
                      "coordination; hit; ttl=" + Math.floorDiv(-over, MS),
                      fillToken);
              case Found.Miss(String fillToken) -> throw missed(fillToken, request);
            });
  }

  private static ProblemException missed(@Nullable String token, RoutingContext request) {
    var headers = request.response();
    var problem = new ProblemException(CoordinationProblem.CACHE_MISS);
    if (token == null) {
      headers.putHeader(CACHE_STATUS, "coordination; fwd=bypass; detail=degraded");
      return problem.with("degraded", true);
    }
    headers.putHeader(CACHE_STATUS, "coordination; fwd=miss");
    headers.putHeader(FILL_TOKEN, token);
    return problem.with("fill_token", token);
  }

  private Uni<Response> answer(
      Payload value, @Nullable String accepted, String status, @Nullable String token) {
    boolean packed = value.gzip() && accepts(accepted);
    var response =
        Response.ok()
            .type(MediaType.APPLICATION_JSON)
            .header(CACHE_STATUS, status)
            .header("Vary", "Accept-Encoding")
            .header("Content-Encoding", packed ? GZIP : null)
            .header(FILL_TOKEN, token);
    if (packed || !value.gzip()) {
      return Uni.createFrom().item(response.entity(value.bytes()).build());
    }
    return offLoop(value.bytes().length, value::unpacked)
        .map(text -> response.entity(text).build());
  }

  /** Whether a list of codings has gzip, and not with a weight of nought. */
  static boolean accepts(@Nullable String codings) {
    return codings != null
        && Arrays.stream(codings.toLowerCase(Locale.ROOT).split(","))
            .map(coding -> coding.replace(" ", ""))
            .anyMatch(coding ->
                (coding.equals(GZIP) || coding.startsWith(GZIP + ";q="))
                    && !coding.matches("gzip;q=0(\\.0*)?"));
  }

  private Uni<Response> put(Place place, Keep keep, @Nullable String token, byte[] body) {
    if (body.length > LARGEST) {
      throw new ProblemException(CoordinationProblem.VALUE_TOO_LARGE).with("limit_bytes", LARGEST);
    }
    return offLoop(body.length, () -> payload(body))
        .chain(payload -> caches.put(place, new Fill(payload, keep, token)))
        .map(CacheResource::answer);
  }

  private Payload payload(byte[] body) {
    if (!Payload.isJson(json.getFactory(), body)) {
      throw new ProblemException(CoordinationProblem.INVALID_JSON);
    }
    return Payload.of(body);
  }

  private static Response answer(Filled filled) {
    return switch (filled) {
      case Filled.Stored(CacheStored value) ->
          Response.status(201)
              .header(CACHE_STATUS, "coordination; fwd=miss; stored")
              .entity(value)
              .build();
      case Filled.NotStored(CacheStored value) -> Response.accepted(value).build();
      case Filled.Outdated() ->
          throw new ProblemException(
              CoordinationProblem.STALE_FILL,
              "look again, with the same document_id, user_id and scope, and compute anew");
    };
  }

  private <T> Uni<T> offLoop(int bytes, Supplier<T> work) {
    return bytes <= Payload.SHORT
        ? Uni.createFrom().item(work)
        : vertx.executeBlocking(work::get, false);
  }
}
