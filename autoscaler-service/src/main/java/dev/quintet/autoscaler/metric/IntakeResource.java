package dev.quintet.autoscaler.metric;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.metric.BatchResult.Refused;
import dev.quintet.autoscaler.metric.BatchResult.Stored;
import dev.quintet.autoscaler.metric.MetricIntake.Sender;
import dev.quintet.common.api.autoscaler.MetricBatch;
import dev.quintet.common.api.autoscaler.MetricReceipt;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.Vertx;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Where nodes send what they measure. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "nodes")
public class IntakeResource {
  private static final String PARTIAL = "partial";

  private final MetricIntake intake;
  private final Actors actors;
  private final MetricConfig config;
  private final Vertx vertx;

  IntakeResource(MetricIntake intake, Actors actors, MetricConfig config, Vertx vertx) {
    this.intake = intake;
    this.actors = actors;
    this.config = config;
    this.vertx = vertx;
  }

  @POST
  @Path("/nodes/{id}/metrics")
  @RolesAllowed(NodeKey.ROLE)
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Store a batch of samples",
      description =
          "All of it or nothing; with mode=partial what is good of it, and the answer tells the rest. The same batch_id again stores nothing"
              + " and gives the first counts, so a batch may be sent until it is answered. At most 5000 samples and 1 MiB, else"
              + " batch_too_large; Content-Encoding gzip is welcome, up to 8 MiB unpacked. The first 20 bad samples are listed.")
  @RequestBody(
      required = true,
      content = @Content(schema = @Schema(implementation = MetricBatch.class)))
  @APIResponseSchema(value = MetricReceipt.class, responseCode = "202")
  @Problems({
    "key_unknown",
    "key_revoked",
    "key_expired",
    "node_mismatch",
    "pool_of_another_node",
    "batch_too_large",
    "value_not_finite",
    "timestamp_out_of_range",
    "wrong_type",
    "required",
    "invalid_value",
    "invalid_parameter"
  })
  public Uni<RestResponse<MetricReceipt>> reportMetrics(
      long id,
      @QueryParam("mode") @Nullable String mode,
      @Context HttpHeaders headers,
      InputStream body) {
    var sender =
        new Sender(
            actors.nodeKey().orElseThrow(() -> new ProblemException(CommonProblem.FORBIDDEN)),
            id,
            actors.current().ipAddress());
    return read(mode, headers, body)
        .onFailure(ProblemException.class)
        // Whoever has no valid key learns nothing else.
        .recoverWithUni(refused ->
            intake.authenticate(sender).chain(() -> Uni.createFrom().<ParsedBatch>failure(refused)))
        .chain(batch -> intake.take(sender, batch, PARTIAL.equals(mode)))
        .map(IntakeResource::answer);
  }

  private Uni<ParsedBatch> read(@Nullable String mode, HttpHeaders headers, InputStream body) {
    String encoding = headers.getHeaderString(HttpHeaders.CONTENT_ENCODING);
    boolean gzip = "gzip".equalsIgnoreCase(encoding);
    return !gzip && isShort(headers.getHeaderString(HttpHeaders.CONTENT_LENGTH))
        ? Uni.createFrom().item(() -> parsed(mode, encoding, body))
        : vertx.executeBlocking(() -> parsed(mode, encoding, body), false);
  }

  private ParsedBatch parsed(@Nullable String mode, @Nullable String encoding, InputStream body) {
    boolean gzip = "gzip".equalsIgnoreCase(encoding);
    if (!gzip && encoding != null && !"identity".equalsIgnoreCase(encoding)) {
      throw new ProblemException(
          CommonProblem.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding may be gzip");
    }
    var violations = new Violations();
    violations.checkParameter(
        mode == null || mode.equals(PARTIAL) || mode.equals("strict"),
        CommonProblem.INVALID_PARAMETER,
        "mode",
        "must be strict or partial");
    violations.orThrow();
    return BatchReader.read(body, gzip, config);
  }

  private boolean isShort(@Nullable String length) {
    try {
      return length != null && Long.parseLong(length) <= config.inlineBody().asLongValue();
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static RestResponse<MetricReceipt> answer(BatchResult result) {
    return switch (result) {
      case Stored stored -> RestResponse.status(RestResponse.Status.ACCEPTED, stored.receipt());
      case Refused refused -> {
        var violations = new Violations();
        refused
            .faults()
            .forEach(fault -> violations.add(fault.type(), fault.pointer(), fault.detail()));
        violations.orThrow();
        throw new ProblemException(CommonProblem.VALIDATION_FAILED);
      }
    };
  }
}
