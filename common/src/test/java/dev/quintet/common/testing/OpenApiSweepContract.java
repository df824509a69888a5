package dev.quintet.common.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Contract.Operation;
import io.restassured.RestAssured;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Bad input made from the OpenAPI document: each field, parameter and body of each operation with
 * each wild value. Whatever comes, no answer is a 500, every refusal is a problem document, and
 * what must not change has not.
 */
public abstract class OpenApiSweepContract {
  /** As they stand in JSON. */
  private static final List<String> WILD_JSON =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "1.5",
          "1e400",
          "-1e999999999",
          "2147483648",
          "9223372036854775808",
          "\"\"",
          "\" \"",
          "\"-1\"",
          "\"9223372036854775808\"",
          "\"\\u0000\"",
          "\"a\\u0000b\"",
          "\"\\ud800\"",
          "\"\\u202e\\ufeff\\uffff\"",
          "\"😀ﷺ\"",
          "\"../../etc/passwd\"",
          "\"'; DROP TABLE tracker.shard_leases; --\"",
          "\"{}\"",
          "\"" + "a".repeat(10_000) + "\"",
          "[]",
          "[null]",
          "[[[[]]]]",
          "[1,\"a\",{}]",
          "{}",
          "{\"a\":{\"b\":{\"c\":[]}}}",
          "\"2026-13-45T99:99:99Z\"",
          "\"infinity\"");

  /** As they stand in an address, encoded. */
  private static final List<String> WILD_TEXT =
      List.of(
          " ",
          "-1",
          "0",
          "1.5",
          "1e9",
          "99999999999999999999",
          "NaN",
          "null",
          "..",
          "a/b",
          "a%b",
          "a\u0000b",
          "😀",
          "\u202e",
          "'; DROP TABLE x; --",
          "eq.1",
          "a".repeat(3_000));

  private static final List<String> WILD_BODIES =
      List.of(
          "",
          "null",
          "[]",
          "5",
          "\"a\"",
          "{",
          "{}",
          "{\"a\":1}",
          "{\"a\":NaN}",
          "{\"a\":1,\"a\":2}",
          "[".repeat(50_000),
          "{\"a\":" + "9".repeat(5_000) + "}",
          "{\"a\":\"" + "x".repeat(300_000) + "\"}",
          "\ufeff{}",
          "{} trailing",
          "<xml/>");

  /** Path values that exist, so that the sweep gets past the first look-up; others get a text. */
  protected Map<String, String> existing(Operation operation) {
    return Map.of();
  }

  /** What must be the same afterwards. */
  protected @Nullable Object fingerprint() {
    return null;
  }

  /**
   * Operations whose answers are in another dialect than problem documents, by the start of their
   * path.
   */
  protected boolean speaksProblems(Operation operation) {
    return true;
  }

  /** Operations whose very purpose is to show SQL; anywhere else it has leaked. */
  protected boolean showsStatements(Operation operation) {
    return false;
  }

  /** Called before the sweep. */
  protected void prepare() {}

  @Test
  void noInputIsA500AndNothingThatMustNotChangeChanges() {
    Contract contract = Contract.of("http://localhost:" + RestAssured.port);
    prepare();
    Object before = fingerprint();
    Queue<String> bad = new ConcurrentLinkedQueue<>();
    var calls = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(6)) {
      for (Operation operation : contract.operations()) {
        threads.execute(() -> {
          try {
            for (Call call : calls(contract, operation)) {
              check(contract, operation, call, bad);
              calls.incrementAndGet();
            }
          } catch (RuntimeException | AssertionError e) {
            bad.add(operation + ": " + e);
          }
        });
      }
    }
    assertThat(calls.get()).as("calls made").isGreaterThan(100);
    assertThat(bad.stream().limit(30)).isEmpty();
    assertThat(fingerprint()).as("what must not change").isEqualTo(before);
  }

  private record Call(Map<String, String> path, String query, @Nullable String body, String what) {}

  private void check(Contract contract, Operation operation, Call call, Queue<String> bad) {
    // The highest role that may: most of the code is behind it.
    String role =
        List.of(Roles.SERVICE, Roles.USER, Roles.DEVOPS, Roles.ADMIN).stream()
            .filter(operation.roles()::contains)
            .findFirst()
            .orElse(Roles.ADMIN);
    var reply =
        contract.call(operation, Tokens.get().of(role), call.path(), call.query(), call.body());
    boolean refusal = reply.status() >= 400;
    if (reply.status() == 500
        // An operation that is open to anybody has a 401 of its own: a wrong password, for one.
        || (reply.status() == 401 && !operation.roles().isEmpty())
        || (refusal && speaksProblems(operation) && !reply.isProblem() && !reply.body().isEmpty())
        || reply.body().contains("Exception")
        || (reply.body().contains("SELECT ") && !showsStatements(operation))) {
      bad.add(operation + " with " + call.what() + ": " + reply);
    }
  }

  private List<Call> calls(Contract contract, Operation operation) {
    var path = new LinkedHashMap<String, String>();
    for (JsonNode parameter : operation.parameters("path")) {
      String name = parameter.path("name").asText();
      boolean number =
          contract.resolved(parameter.path("schema")).path("type").asText().equals("integer");
      path.put(name, existing(operation).getOrDefault(name, number ? "1" : "sweep"));
    }
    @Nullable String good =
        operation.hasBody() ? contract.sample(contract.bodySchema(operation)).toString() : null;

    var calls = new ArrayList<Call>();
    calls.add(new Call(path, "", good, "a sample"));
    for (String name : path.keySet()) {
      for (String wild : WILD_TEXT) {
        var changed = new LinkedHashMap<>(path);
        changed.put(name, wild);
        calls.add(new Call(changed, "", good, "path " + name + "=" + shortened(wild)));
      }
    }
    for (JsonNode parameter : operation.parameters("query")) {
      String name = parameter.path("name").asText();
      for (String wild : WILD_TEXT) {
        calls.add(
            new Call(
                path,
                name + "=" + Contract.encoded(wild),
                good,
                "query " + name + "=" + shortened(wild)));
      }
    }
    if (operation.hasBody()) {
      for (String body : WILD_BODIES) {
        calls.add(new Call(path, "", body, "body " + shortened(body)));
      }
      if (contract.sample(contract.bodySchema(operation)) instanceof ObjectNode sample) {
        for (String pointer : pointers(sample, "")) {
          for (String wild : WILD_JSON) {
            calls.add(
                new Call(
                    path, "", replaced(sample, pointer, wild), pointer + "=" + shortened(wild)));
          }
        }
        calls.add(new Call(path, "", with(sample, "no_such_field", "1"), "an unknown field"));
      }
    }
    return calls;
  }

  private static List<String> pointers(JsonNode node, String at) {
    var all = new ArrayList<String>();
    if (node.isObject()) {
      node.properties()
          .forEach(field -> {
            all.add(at + "/" + field.getKey());
            all.addAll(pointers(field.getValue(), at + "/" + field.getKey()));
          });
    } else if (node.isArray() && !node.isEmpty()) {
      all.add(at + "/0");
      all.addAll(pointers(node.get(0), at + "/0"));
    }
    return all;
  }

  /** By text, since some of the values are none that a tree could hold. */
  private static String replaced(ObjectNode sample, String pointer, String wild) {
    ObjectNode copy = sample.deepCopy();
    int cut = pointer.lastIndexOf('/');
    JsonNode parent = copy.at(pointer.substring(0, cut));
    String last = pointer.substring(cut + 1);
    String mark = "\u2063wild\u2063";
    if (parent instanceof ObjectNode object) {
      object.put(last, mark);
    } else if (parent instanceof com.fasterxml.jackson.databind.node.ArrayNode array) {
      array.set(Integer.parseInt(last), mark);
    }
    return copy.toString().replace("\"" + mark + "\"", wild);
  }

  private static String with(ObjectNode sample, String field, String value) {
    return replaced(sample.deepCopy().put(field, 0), "/" + field, value);
  }

  private static String shortened(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "… (" + text.length() + ")" : text;
  }
}
