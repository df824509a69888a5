package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.CacheLookupReply;
import dev.quintet.common.api.coordination.CacheLookupRequest;
import dev.quintet.common.api.coordination.CacheWarmItem;
import dev.quintet.common.api.coordination.CacheWarmReply;
import dev.quintet.common.api.coordination.CacheWarmRequest;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.SimilarityVeto;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.cache.CacheStore.Found;
import dev.quintet.coordination.cache.Caches.SimilarHit;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.Vertx;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Cached values by what is asked for: the addresses are made here. */
@Path("/api/v1")
@Tag(name = "cache")
@RolesAllowed(Roles.SERVICE)
public class LookupResource {
  private final Caches caches;
  private final Vertx vertx;

  LookupResource(Caches caches, Vertx vertx) {
    this.caches = caches;
    this.vertx = vertx;
  }

  @POST
  @Path("/cache/lookup")
  @Operation(
      summary = "Has this been computed already?",
      description =
          "First for exactly this content; then, with a perceptual_hash, for the nearest document that looks alike and has a value for the same"
              + " preferences, the same model and, where there is one, the same user. A miss has a fill_token for the PUT at cache_key's address"
              + " (with preferences_hash as it is answered).")
  @Problems({
    "invalid_cache_type",
    "invalid_hash",
    "bad_phash",
    "distance_out_of_range",
    "invalid_scope",
    "invalid_key_segment"
  })
  public Uni<CacheLookupReply> lookup(CacheLookupRequest request) {
    String preferences = PreferencesHash.of(request.preferences());
    var place =
        Place.of(
            request.model(),
            request.contentHash(),
            preferences,
            request.documentId(),
            request.userId(),
            request.userId() != null);
    return caches.get(place).chain(found -> reply(request, place, preferences, found));
  }

  private Uni<CacheLookupReply> reply(
      CacheLookupRequest request, Place place, String preferences, Found found) {
    return switch (found) {
      case Found.Hit(Payload value, long left) ->
          text(value).map(json -> of("hit", json, place, preferences, null, left));
      case Found.Stale(Payload value, long over, String token) ->
          text(value).map(json -> of("stale", json, place, preferences, token, -over));
      case Found.Miss(String token) -> {
        var miss = of("miss", null, place, preferences, token, null);
        yield token == null || request.perceptualHash() == null
            ? Uni.createFrom().item(miss)
            : caches
                .similar(place, request.perceptualHash(), request.distance())
                .chain(similar ->
                    similar == null
                        ? Uni.createFrom().item(miss)
                        : text(similar.value()).map(json -> of(similar, json, preferences, token)));
      }
    };
  }

  private static CacheLookupReply of(
      String status,
      @Nullable String json,
      Place place,
      String preferences,
      @Nullable String token,
      @Nullable Long ttlMs) {
    boolean degraded = status.equals("miss") && token == null;
    return new CacheLookupReply(
        status, json, place.key(), preferences, null, null, null, token, ttlMs, null, degraded);
  }

  /** The token is for who does not want another document's value after all. */
  private static CacheLookupReply of(
      SimilarHit hit, String json, String preferences, String token) {
    return new CacheLookupReply(
        "similar_hit",
        json,
        hit.cacheKey(),
        preferences,
        hit.document().distance(),
        hit.document().similarity(),
        hit.document().documentId(),
        token,
        hit.leftMs(),
        null,
        false);
  }

  private Uni<String> text(Payload value) {
    return value.bytes().length <= Payload.SHORT
        ? Uni.createFrom().item(() -> decoded(value))
        : vertx.executeBlocking(() -> decoded(value), false);
  }

  private static String decoded(Payload value) {
    return new String(value.unpacked(), StandardCharsets.UTF_8);
  }

  @POST
  @Path("/cache/similarity-vetoes")
  @Operation(
      summary = "Say that a similar_hit was none",
      description = "The document's values are not served for this perceptual hash again.")
  @Problems({"unknown_document", "bad_phash"})
  public Uni<RestResponse<Void>> vetoSimilarity(SimilarityVeto veto) {
    return caches
        .veto(veto.documentId(), veto.perceptualHash())
        .replaceWith(RestResponse::noContent);
  }

  @POST
  @Path("/cache/warm")
  @Operation(
      summary = "Which of these values are missing?",
      description = "The caller computes them and puts them. Nothing counts as a hit or a miss.")
  @Problems({
    "invalid_cache_type",
    "invalid_hash",
    "invalid_scope",
    "invalid_key_segment",
    "batch_too_large"
  })
  public Uni<CacheWarmReply> warm(CacheWarmRequest request) {
    if (request.items().size() > CacheWarmRequest.MOST) {
      throw new ProblemException(CoordinationProblem.BATCH_TOO_LARGE)
          .with("limit", CacheWarmRequest.MOST);
    }
    var places =
        request.items().stream()
            .map(item ->
                Place.of(
                    request.model(),
                    item.contentHash(),
                    item.preferencesHash(),
                    null,
                    request.userId(),
                    request.userId() != null))
            .toList();
    return caches.present(places).map(present -> reply(request.items(), present));
  }

  private static CacheWarmReply reply(List<CacheWarmItem> items, @Nullable List<Boolean> present) {
    if (present == null) {
      return new CacheWarmReply(0, items, true);
    }
    var missing = new ArrayList<CacheWarmItem>();
    for (int i = 0; i < items.size(); i++) {
      if (!present.get(i)) {
        missing.add(items.get(i));
      }
    }
    return new CacheWarmReply(items.size() - missing.size(), missing, false);
  }
}
