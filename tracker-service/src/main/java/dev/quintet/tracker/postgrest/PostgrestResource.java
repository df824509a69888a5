package dev.quintet.tracker.postgrest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.quintet.common.json.StrictJsonReader;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.common.sql.Outages;
import dev.quintet.tracker.postgrest.PostgrestQueries.Outcome;
import dev.quintet.tracker.postgrest.Preferences.Returned;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.security.AuthenticationCompletionException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * {@code /rest/v1}: what supabase-js, supabase-py and the postgrest crate send for the seed's table
 * and functions. Not in the OpenAPI document: PostgREST's own documentation describes it, and
 * deploy/clients/postgrest-check/README.md says which part of it is here. Errors have PostgREST's
 * shape, hence mappers of its own.
 */
@Path("/rest/v1")
@RolesAllowed(Roles.SERVICE)
public class PostgrestResource {
  private static final Logger LOG = Logger.getLogger(PostgrestResource.class);
  private static final Relation TABLE = Relation.CLUSTER_MANAGEMENT;
  private static final String JSON = "application/json; charset=utf-8";

  private final PostgrestQueries queries;
  private final Callers callers;
  private final StrictJsonReader reader;
  private final ObjectMapper mapper;
  private final int mostRows;
  private final int largestBody;

  PostgrestResource(
      PostgrestQueries queries,
      Callers callers,
      StrictJsonReader reader,
      ObjectMapper mapper,
      PostgrestConfig config,
      @ConfigProperty(name = "quintet.http.largest-body") MemorySize largestBody) {
    this.queries = queries;
    this.callers = callers;
    this.reader = reader;
    this.mapper = mapper;
    this.mostRows = config.mostRows();
    this.largestBody = Math.toIntExact(largestBody.asLongValue());
  }

  @GET
  @Path("/cluster_management")
  @Operation(hidden = true)
  public Uni<Response> read(@Context HttpHeaders headers, @Context UriInfo uri) {
    var asked = reading(headers);
    var query = QueryParser.parse(TABLE, uri.getQueryParameters());
    var range = query.range().within(headers.getHeaderString("Range"));
    var statement =
        Statement.read(query, range.most(mostRows), asked.preferences().counted(), clusters());
    return queries.run(statement).map(outcome -> page(outcome, asked, range));
  }

  @POST
  @Path("/cluster_management")
  @Operation(hidden = true)
  public Uni<Response> insert(
      @Context HttpHeaders headers, @Context UriInfo uri, InputStream body) {
    var asked = writing(headers);
    var query = writable(uri);
    if (!query.filters().isEmpty()) {
      throw Refused.notHere("filters on an insert");
    }
    var payload = Payload.of(json(headers, body), query.columns().orElse(null));
    payload.within(clusters(), true);
    var statement =
        Statement.insert(
            payload.rows().toString(), payload.columns(), query, asked.preferences(), clusters());
    boolean merged = asked.preferences().resolution() == Preferences.Resolution.MERGE_DUPLICATES;
    return write(statement, asked)
        .onFailure(Refused.class)
        .transform(
            e -> payload.rows().size() == 1 ? ((Refused) e).naming(payload.rows().get(0)) : e)
        .map(outcome ->
            written(
                outcome,
                asked,
                // As PostgREST: 201 if anything is new.
                merged && outcome.rows() > 0 && outcome.inserted() == 0 ? 200 : 201,
                "*"));
  }

  @PATCH
  @Path("/cluster_management")
  @Operation(hidden = true)
  public Uni<Response> update(
      @Context HttpHeaders headers, @Context UriInfo uri, InputStream body) {
    var asked = writing(headers);
    var query = writable(uri);
    if (query.filters().isEmpty()) {
      throw Refused.withoutFilter("UPDATE");
    }
    var payload = Payload.of(json(headers, body), query.columns().orElse(null));
    payload.within(clusters(), false);
    String changes = payload.single();
    if (payload.columns().isEmpty()) {
      var nothing = new Outcome("[]", 0, null, 0, null);
      return Uni.createFrom().item(written(nothing, asked, changed(asked), "*"));
    }
    var statement =
        Statement.update(changes, payload.columns(), query, asked.preferences(), clusters());
    return write(statement, asked)
        .map(outcome -> written(outcome, asked, changed(asked), span(0, outcome.rows())));
  }

  @DELETE
  @Path("/cluster_management")
  @Operation(hidden = true)
  public Uni<Response> delete(@Context HttpHeaders headers, @Context UriInfo uri) {
    var asked = writing(headers);
    var query = writable(uri);
    if (query.filters().isEmpty()) {
      throw Refused.withoutFilter("DELETE");
    }
    return write(Statement.delete(query, asked.preferences(), clusters()), asked)
        .map(outcome -> written(outcome, asked, changed(asked), "*"));
  }

  @POST
  @Path("/rpc/{function}")
  @Operation(hidden = true)
  public Uni<Response> call(
      String function, @Context HttpHeaders headers, @Context UriInfo uri, InputStream body) {
    var asked = writing(headers);
    var arguments = Payload.arguments(arguments(headers, body));
    var called = function(function, arguments.keySet());
    var query = QueryParser.parse(called.result(), uri.getQueryParameters());
    return call(called, arguments, query, asked, headers);
  }

  @GET
  @Path("/rpc/{function}")
  @Operation(hidden = true)
  public Uni<Response> ask(String function, @Context HttpHeaders headers, @Context UriInfo uri) {
    var asked = reading(headers);
    var called =
        SeedFunction.of(function)
            .orElseThrow(
                () -> Refused.unknownFunction(function, uri.getQueryParameters().keySet()));
    if (!called.readOnly()) {
      throw Refused.wrongRpcMethod("GET");
    }
    var query =
        QueryParser.parse(called.result(), uri.getQueryParameters(), called.parameters().keySet());
    called.check(query.arguments().keySet());
    return call(called, Map.copyOf(query.arguments()), query, asked, headers);
  }

  @PUT
  @Path("/cluster_management")
  @Operation(hidden = true)
  public Uni<Response> replace() {
    throw Refused.unsupportedMethod("PUT");
  }

  @GET
  @Path("/{path:.*}")
  @Operation(hidden = true)
  public Uni<Response> readElsewhere(String path) {
    throw elsewhere(path);
  }

  @POST
  @Path("/{path:.*}")
  @Operation(hidden = true)
  public Uni<Response> insertElsewhere(String path) {
    throw elsewhere(path);
  }

  @PATCH
  @Path("/{path:.*}")
  @Operation(hidden = true)
  public Uni<Response> updateElsewhere(String path) {
    throw elsewhere(path);
  }

  @DELETE
  @Path("/{path:.*}")
  @Operation(hidden = true)
  public Uni<Response> deleteElsewhere(String path) {
    throw elsewhere(path);
  }

  private Uni<Response> call(
      SeedFunction function,
      Map<String, @Nullable String> arguments,
      Query query,
      Negotiated asked,
      HttpHeaders headers) {
    Set<String> clusters = clusters();
    if (clusters != null
        && !clusters.contains(String.valueOf(arguments.get(SeedFunction.CLUSTER)))) {
      throw Refused.forbidden(
          "function " + function.result().name() + ": the token is for other clusters");
    }
    var range = query.range().within(headers.getHeaderString("Range"));
    var statement =
        Statement.call(
            function, arguments, query, range.most(mostRows), asked.preferences().counted());
    return queries.run(statement).map(outcome -> page(outcome, asked, range));
  }

  private static SeedFunction function(String name, Set<String> arguments) {
    var function =
        SeedFunction.of(name).orElseThrow(() -> Refused.unknownFunction(name, arguments));
    function.check(arguments);
    return function;
  }

  private static Refused elsewhere(String path) {
    return path.isEmpty() || path.contains("/")
        ? Refused.unknownPath()
        : Refused.unknownTable(path);
  }

  private Uni<Outcome> write(Statement statement, Negotiated asked) {
    return asked.singular() && asked.preferences().representation()
        ? queries.runSingular(statement)
        : queries.run(statement);
  }

  /** Null: all of them. */
  private @Nullable Set<String> clusters() {
    return callers.current().clusters();
  }

  private static Query writable(UriInfo uri) {
    var query = QueryParser.parse(TABLE, uri.getQueryParameters());
    if (!query.range().everything()) {
      throw Refused.notHere("limit and offset on a write");
    }
    return query;
  }

  private static Negotiated reading(HttpHeaders headers) {
    return negotiated(headers, "Accept-Profile");
  }

  private static Negotiated writing(HttpHeaders headers) {
    return negotiated(headers, "Content-Profile");
  }

  private static Negotiated negotiated(HttpHeaders headers, String profile) {
    return Negotiated.of(
        lines(headers, "Prefer"), lines(headers, "Accept"), headers.getHeaderString(profile));
  }

  private static List<String> lines(HttpHeaders headers, String name) {
    var lines = headers.getRequestHeader(name);
    return lines == null ? List.of() : lines;
  }

  private JsonNode json(HttpHeaders headers, InputStream body) {
    byte[] bytes = bytes(headers, body);
    if (bytes.length == 0) {
      throw Refused.invalidBody("Empty or invalid json");
    }
    return (JsonNode) reader.read(bytes, mapper.constructType(JsonNode.class));
  }

  /** A function may be called without a body. */
  private JsonNode arguments(HttpHeaders headers, InputStream body) {
    byte[] bytes = bytes(headers, body);
    return bytes.length == 0
        ? JsonNodeFactory.instance.objectNode()
        : (JsonNode) reader.read(bytes, mapper.constructType(JsonNode.class));
  }

  private byte[] bytes(HttpHeaders headers, InputStream body) {
    byte[] bytes;
    try {
      bytes = body.readNBytes(largestBody + 1);
    } catch (IOException e) {
      throw Refused.invalidBody("The body ended early");
    }
    if (bytes.length > largestBody) {
      throw Refused.bodyTooLarge(largestBody);
    }
    var type = headers.getMediaType();
    if (bytes.length > 0
        && type != null
        && !(type.getType().equals("application")
            && (type.getSubtype().equals("json") || type.getSubtype().endsWith("+json")))) {
      throw Refused.invalidBody("Content-Type not acceptable: " + type);
    }
    return bytes;
  }

  private static Response page(Outcome outcome, Negotiated asked, RowRange range) {
    Long total = outcome.total();
    if (total != null && range.offset() > 0 && range.offset() >= total) {
      throw Refused.unsatisfiableRange(
          "An offset of "
              + range.offset()
              + " was requested, but there are only "
              + total
              + " rows.");
    }
    boolean partial = total != null && outcome.rows() < total;
    return answer(
        outcome,
        asked,
        partial ? 206 : 200,
        span(range.offset(), outcome.rows()) + "/" + (total == null ? "*" : total),
        true);
  }

  private static Response written(Outcome outcome, Negotiated asked, int status, String span) {
    return answer(
        outcome,
        asked,
        status,
        span + "/" + (asked.preferences().counted() ? outcome.rows() : "*"),
        asked.preferences().representation());
  }

  private static int changed(Negotiated asked) {
    return asked.preferences().representation() ? 200 : 204;
  }

  private static String span(long first, long rows) {
    return rows == 0 ? "*" : first + "-" + (first + rows - 1);
  }

  private static Response answer(
      Outcome outcome, Negotiated asked, int status, String contentRange, boolean represented) {
    var response =
        Response.status(status)
            .header("Content-Range", contentRange)
            .header("Content-Profile", "tracker");
    var preferences = asked.preferences();
    if (!preferences.applied().isEmpty()) {
      response.header("Preference-Applied", String.join(", ", preferences.applied()));
    }
    if (status == 201 && preferences.returned() == Returned.HEADERS_ONLY && outcome.rows() == 1) {
      response.header(
          "Location",
          "/rest/v1/cluster_management?id=eq."
              + URLEncoder.encode(String.valueOf(outcome.firstId()), StandardCharsets.UTF_8));
    }
    if (represented) {
      String body = outcome.body();
      if (asked.singular()) {
        PostgrestQueries.refuseUnlessOne(outcome);
        body = body.substring(1, body.length() - 1);
      }
      response.header("Content-Type", asked.mediaType()).entity(body);
    }
    return response.build();
  }

  @ServerExceptionMapper
  public Response refused(Refused refused) {
    var response =
        Response.status(refused.status())
            .header("Content-Type", JSON)
            .header("Cache-Control", "no-store")
            .header("Proxy-Status", "PostgREST; error=" + refused.body().code());
    if (refused.status() == 401) {
      response.header("WWW-Authenticate", "Bearer");
    }
    if (refused.status() == 503) {
      response.header("Retry-After", 1);
    }
    return response.entity(refused.body()).build();
  }

  /** The body's reader speaks our language. */
  @ServerExceptionMapper
  public Response problem(ProblemException problem) {
    int status = problem.type().status();
    String detail = problem.detail() == null ? problem.type().title() : problem.detail();
    return refused(status == 413 ? Refused.bodyTooLarge(largestBody) : Refused.invalidBody(detail));
  }

  @ServerExceptionMapper({
    AuthenticationFailedException.class,
    AuthenticationCompletionException.class
  })
  public Response invalidToken(Throwable e) {
    return refused(Refused.invalidToken());
  }

  @ServerExceptionMapper
  public Response anonymous(UnauthorizedException e) {
    return refused(Refused.anonymous());
  }

  @ServerExceptionMapper
  public Response forbidden(ForbiddenException e) {
    return refused(Refused.forbidden("schema tracker"));
  }

  @ServerExceptionMapper
  public Response http(WebApplicationException e, Request request) {
    int status = e.getResponse().getStatus();
    return switch (status) {
      case 404 -> refused(Refused.unknownPath());
      case 405 -> refused(Refused.unsupportedMethod(request.getMethod()));
      case 413 -> refused(Refused.bodyTooLarge(largestBody));
      default ->
          status < 500 ? refused(Refused.invalidBody("The request cannot be read")) : other(e);
    };
  }

  @ServerExceptionMapper
  public Response other(Throwable e) {
    if (Outages.isOutage(e)) {
      return refused(Refused.databaseAway());
    }
    LOG.error("event=internal_error path=/rest/v1", e);
    return refused(Refused.internal());
  }
}
