package dev.quintet.common.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A running service's OpenAPI document, as a list of operations that can be called. */
public final class Contract {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> VERBS = List.of("get", "post", "put", "patch", "delete");
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final String base;
  private final JsonNode document;

  private Contract(String base, JsonNode document) {
    this.base = base;
    this.document = document;
  }

  /** {@code base}: where the service listens, without a slash at the end. */
  public static Contract of(String base) {
    try {
      var request = HttpRequest.newBuilder(URI.create(base + "/q/openapi?format=json")).build();
      return new Contract(
          base, JSON.readTree(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** An operation and what its document says of it. */
  public record Operation(String verb, String path, JsonNode described) {
    public List<String> roles() {
      var roles = new ArrayList<String>();
      described.path("x-roles").forEach(role -> roles.add(role.asText()));
      return roles;
    }

    /** Parameters of one kind: path, query, header. */
    public List<JsonNode> parameters(String in) {
      var found = new ArrayList<JsonNode>();
      described
          .path("parameters")
          .forEach(parameter -> {
            if (parameter.path("in").asText().equals(in)) {
              found.add(parameter);
            }
          });
      return found;
    }

    public boolean hasBody() {
      return described.has("requestBody");
    }

    /** All codes that its document lists. */
    public java.util.Set<String> problemCodes() {
      var codes = new TreeSet<String>();
      described
          .path("responses")
          .forEach(r -> r.path("x-problem-codes").forEach(code -> codes.add(code.asText())));
      return codes;
    }

    @Override
    public String toString() {
      return verb.toUpperCase(java.util.Locale.ROOT) + " " + path;
    }
  }

  public List<Operation> operations() {
    var operations = new ArrayList<Operation>();
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (String verb : VERBS) {
        if (path.getValue().has(verb)) {
          operations.add(new Operation(verb, path.getKey(), path.getValue().get(verb)));
        }
      }
    }
    return operations;
  }

  /** Status, media type and body of an answer; a stream's body is not waited for. */
  public record Reply(int status, String mediaType, String body) {
    public String code() {
      try {
        return JSON.readTree(body).path("code").asText();
      } catch (IOException e) {
        return "";
      }
    }

    public boolean isProblem() {
      return mediaType.startsWith("application/problem+json");
    }
  }

  /** Path values as given, the rest by the caller; {@code body} null: none is sent. */
  public Reply call(
      Operation operation,
      @Nullable String token,
      Map<String, String> path,
      String query,
      @Nullable String body) {
    String address = operation.path();
    for (Map.Entry<String, String> value : path.entrySet()) {
      address = address.replace("{" + value.getKey() + "}", encoded(value.getValue()));
    }
    var request =
        HttpRequest.newBuilder(URI.create(base + address + (query.isEmpty() ? "" : "?" + query)))
            .timeout(Duration.ofSeconds(20))
            .method(
                operation.verb().toUpperCase(java.util.Locale.ROOT),
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return send(request.build());
  }

  private static Reply send(HttpRequest request) {
    try {
      HttpResponse<java.io.InputStream> response =
          HTTP.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
              .get(20, TimeUnit.SECONDS);
      String mediaType = response.headers().firstValue("Content-Type").orElse("");
      try (var body = response.body()) {
        boolean stream = mediaType.startsWith("text/event-stream");
        return new Reply(
            response.statusCode(),
            mediaType,
            stream ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (IOException | ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError(request.method() + " " + request.uri() + " got no answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  public static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The schema of an operation's JSON body, with its reference followed. */
  public JsonNode bodySchema(Operation operation) {
    return resolved(
        operation
            .described()
            .path("requestBody")
            .path("content")
            .path("application/json")
            .path("schema"));
  }

  public JsonNode resolved(JsonNode schema) {
    JsonNode found = schema;
    if (schema.has("$ref")) {
      found = document.at(schema.get("$ref").asText().substring(1));
    }
    // A nullable reference is written as anyOf or oneOf with null.
    for (String choice : List.of("anyOf", "oneOf", "allOf")) {
      if (found.has(choice)) {
        for (JsonNode option : found.get(choice)) {
          if (!option.path("type").asText().equals("null")) {
            return resolved(option);
          }
        }
      }
    }
    return found;
  }

  /** Some value that the schema allows: the example if there is one. */
  public JsonNode sample(JsonNode schemaOrRef) {
    JsonNode schema = resolved(schemaOrRef);
    if (schema.has("example")) {
      return schema.get("example").deepCopy();
    }
    if (schema.path("examples").isArray() && !schema.get("examples").isEmpty()) {
      return schema.get("examples").get(0).deepCopy();
    }
    if (schema.has("enum")) {
      return schema.get("enum").get(0);
    }
    JsonNodeFactory make = JsonNodeFactory.instance;
    return switch (type(schema)) {
      case "object" -> {
        ObjectNode object = make.objectNode();
        schema
            .path("properties")
            .properties()
            .forEach(p -> object.set(p.getKey(), sample(p.getValue())));
        yield object;
      }
      case "array" -> {
        ArrayNode array = make.arrayNode();
        yield array.add(sample(schema.path("items")));
      }
      case "integer" -> make.numberNode(1);
      case "number" -> make.numberNode(1.5);
      case "boolean" -> make.booleanNode(true);
      default ->
          switch (schema.path("format").asText()) {
            case "uuid" -> make.textNode("5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11");
            case "date-time" -> make.textNode("2026-11-21T04:40:00Z");
            default -> make.textNode("some-text");
          };
    };
  }

  private static String type(JsonNode schema) {
    JsonNode type = schema.path("type");
    if (type.isArray()) {
      for (JsonNode one : type) {
        if (!one.asText().equals("null")) {
          return one.asText();
        }
      }
    }
    return type.isMissingNode() && schema.has("properties") ? "object" : type.asText();
  }
}
