package dev.quintet.coordination.phash;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.PerceptualHash;
import dev.quintet.common.api.coordination.PerceptualHashRequest;
import dev.quintet.common.api.coordination.SimilarDocument;
import dev.quintet.common.api.coordination.SimilarRequest;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** Callers hash their images; here the hashes are kept and compared. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "perceptual hashes")
@RolesAllowed(Roles.SERVICE)
public class PerceptualHashResource {
  private final PerceptualHashes hashes;

  PerceptualHashResource(PerceptualHashes hashes) {
    this.hashes = hashes;
  }

  @PUT
  @Path("/perceptual-hashes/{document_id}")
  @Operation(summary = "Say what a document looks like", description = "201 the first time.")
  @APIResponseSchema(value = PerceptualHash.class, responseCode = "200")
  @Problems({"bad_phash", "unknown_document"})
  public Uni<Response> putHash(
      @PathParam("document_id") UUID document, PerceptualHashRequest request) {
    return hashes
        .put(document, request.phash())
        .map(made ->
            Response.status(made ? 201 : 200)
                .entity(new PerceptualHash(document, request.phash()))
                .build());
  }

  @DELETE
  @Path("/perceptual-hashes/{document_id}")
  @Operation(summary = "Forget what a document looks like")
  @Problems({"unknown_hash"})
  public Uni<RestResponse<Void>> deleteHash(@PathParam("document_id") UUID document) {
    return hashes
        .delete(document)
        .map(deleted -> {
          if (!deleted) {
            throw new ProblemException(CoordinationProblem.UNKNOWN_HASH, "no hash of " + document);
          }
          return RestResponse.noContent();
        });
  }

  @POST
  @Path("/perceptual-hashes/search")
  @Operation(
      summary = "Documents that look alike, nearest first",
      description =
          "Exact: every document within the distance is found, the nearest limit of them told. Of those as near as each other the one with"
              + " the lower id comes first.")
  @Problems({"bad_phash", "distance_out_of_range", "invalid_limit"})
  public Uni<List<SimilarDocument>> searchHashes(SimilarRequest request) {
    return hashes.search(request.phash(), request.distance(), request.most());
  }
}
