package dev.quintet.coordination.subject;

import dev.quintet.common.api.coordination.Document;
import dev.quintet.common.api.coordination.DocumentRequest;
import dev.quintet.common.api.coordination.User;
import dev.quintet.common.api.coordination.UserRequest;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.subject.SubjectQueries.Put;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** Users and documents as the services that own them keep them here. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "subjects")
@RolesAllowed({Roles.SERVICE, Roles.ADMIN})
public class SubjectResource {
  private final SubjectQueries queries;
  private final People people;

  SubjectResource(SubjectQueries queries, People people) {
    this.queries = queries;
    this.people = people;
  }

  @PUT
  @Path("/users/{id}")
  @Operation(
      summary = "Make or replace a user",
      description = "Another tier ends the user's sessions and rate windows.")
  @APIResponseSchema(value = User.class, responseCode = "200")
  public Uni<Response> putUser(UUID id, UserRequest user) {
    people.forget();
    return queries.putUser(id, user).map(SubjectResource::answer);
  }

  @GET
  @Path("/users/{id}")
  @Operation(summary = "A user")
  @Problems({"not_found"})
  public Uni<User> findUser(UUID id) {
    return queries.findUser(id).map(found -> found.orElseThrow(() -> unknown("user", id)));
  }

  @DELETE
  @Path("/users/{id}")
  @Operation(
      summary = "Forget a user",
      description =
          "His documents, caches, sessions and rate windows go too; usage stays without his name.")
  @Problems({"not_found"})
  public Uni<RestResponse<Void>> deleteUser(UUID id) {
    people.forget();
    return queries.deleteUser(id).map(deleted -> gone(deleted, "user", id));
  }

  @PUT
  @Path("/documents/{id}")
  @Operation(
      summary = "Make or replace a document",
      description = "What is cached about it is gone within a second.")
  @APIResponseSchema(value = Document.class, responseCode = "200")
  @Problems({"unknown_user", "bad_phash", "metadata_too_large"})
  public Uni<Response> putDocument(UUID id, DocumentRequest document) {
    return queries.putDocument(id, document).map(SubjectResource::answer);
  }

  @GET
  @Path("/documents/{id}")
  @Operation(summary = "A document")
  @Problems({"not_found"})
  public Uni<Document> findDocument(UUID id) {
    return queries.findDocument(id).map(found -> found.orElseThrow(() -> unknown("document", id)));
  }

  @DELETE
  @Path("/documents/{id}")
  @Operation(
      summary = "Forget a document",
      description = "Its caches and its perceptual hash go too.")
  @Problems({"not_found"})
  public Uni<RestResponse<Void>> deleteDocument(UUID id) {
    return queries.deleteDocument(id).map(deleted -> gone(deleted, "document", id));
  }

  private static Response answer(Put<?> put) {
    return Response.status(put.made() ? 201 : 200).entity(put.row()).build();
  }

  private static RestResponse<Void> gone(boolean deleted, String what, UUID id) {
    if (!deleted) {
      throw unknown(what, id);
    }
    return RestResponse.noContent();
  }

  private static ProblemException unknown(String what, UUID id) {
    return new ProblemException(CommonProblem.NOT_FOUND, "no " + what + " " + id);
  }
}
