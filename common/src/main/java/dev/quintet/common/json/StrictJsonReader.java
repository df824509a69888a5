package dev.quintet.common.json;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.ProblemType;
import dev.quintet.common.problem.Violations;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.ws.rs.ConstrainedTo;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.RuntimeType;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyReader;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Reads every JSON body. What is not JSON is 400; what is JSON but wrong is 422, with all faults at
 * once: Jackson stops at the first, so the fault is noted, taken out of the tree, and the rest is
 * read again. A good body is read once and pays nothing for that.
 */
@Provider
@ConstrainedTo(RuntimeType.SERVER)
@Consumes({MediaType.APPLICATION_JSON, "application/*+json"})
public class StrictJsonReader implements ServerMessageBodyReader<Object> {
  private static final Logger LOG = Logger.getLogger(StrictJsonReader.class);

  /** Each fault costs one more reading of the body. */
  private static final int MOST_FAULTS = 20;

  private static final BigDecimal LARGEST = BigDecimal.valueOf(Double.MAX_VALUE);

  private final int largestBody;
  private final ObjectMapper mapper;
  private final ObjectReader trees;
  private final ObjectReader bodies;

  public StrictJsonReader(
      ObjectMapper mapper,
      @ConfigProperty(name = "quintet.http.largest-body") MemorySize largestBody) {
    this.largestBody = Math.toIntExact(largestBody.asLongValue());
    this.mapper = mapper;
    this.trees =
        mapper
            .reader()
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    this.bodies = mapper.reader().with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  }

  @Override
  public boolean isReadable(
      Class<?> type,
      @Nullable Type generic,
      @Nullable ResteasyReactiveResourceInfo resource,
      MediaType media) {
    return readable(type);
  }

  @Override
  public boolean isReadable(
      Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
    return readable(type);
  }

  @Override
  public Object readFrom(
      Class<Object> type, Type generic, MediaType media, ServerRequestContext context)
      throws IOException {
    return read(bytes(context.getInputStream()), mapper.constructType(generic));
  }

  @Override
  public Object readFrom(
      Class<Object> type,
      Type generic,
      Annotation[] annotations,
      MediaType media,
      MultivaluedMap<String, String> headers,
      InputStream body)
      throws IOException {
    return read(bytes(body), mapper.constructType(generic));
  }

  private byte[] bytes(InputStream body) throws IOException {
    byte[] bytes = body.readNBytes(largestBody + 1);
    if (bytes.length > largestBody) {
      throw new ProblemException(CommonProblem.PAYLOAD_TOO_LARGE).with("limit_bytes", largestBody);
    }
    return bytes;
  }

  private static boolean readable(Class<?> type) {
    return type != String.class
        && type != byte[].class
        && !InputStream.class.isAssignableFrom(type)
        && !Reader.class.isAssignableFrom(type);
  }

  /** Throws a {@link ProblemException} for anything that is not exactly a {@code type}. */
  public Object read(byte[] body, JavaType type) {
    JsonNode tree = parse(body);
    var violations = new Violations();
    inspect(tree, "", violations);
    // A text or number that must not get further is told alone: reading on would only repeat it.
    violations.orThrow();
    return bind(tree, type, violations);
  }

  private JsonNode parse(byte[] body) {
    try {
      // Strict, so that broken UTF-8 and encoded surrogates are refused rather than replaced.
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      JsonNode tree = trees.readTree(text);
      if (tree == null || tree.isMissingNode()) {
        throw new ProblemException(CommonProblem.MALFORMED_JSON, "the body is empty");
      }
      return tree;
    } catch (CharacterCodingException e) {
      throw new ProblemException(CommonProblem.MALFORMED_JSON, "the body is not UTF-8");
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new ProblemException(
          CommonProblem.MALFORMED_JSON,
          at == null
              ? "the body is not JSON"
              : "not JSON at line " + at.getLineNr() + ", column " + at.getColumnNr());
    }
  }

  private static void inspect(JsonNode node, String at, Violations violations) {
    switch (node.getNodeType()) {
      case OBJECT ->
          node.properties()
              .forEach(field -> {
                String pointer = at + "/" + escaped(field.getKey());
                if (storable(field.getKey())) {
                  inspect(field.getValue(), pointer, violations);
                } else {
                  violations.add(
                      CommonProblem.INVALID_CHARACTER,
                      at,
                      "has a field whose name holds U+0000 or half a surrogate pair");
                }
              });
      case ARRAY -> {
        for (int i = 0; i < node.size(); i++) {
          inspect(node.get(i), at + "/" + i, violations);
        }
      }
      case STRING ->
          violations.check(
              storable(node.textValue()),
              CommonProblem.INVALID_CHARACTER,
              at,
              "holds U+0000 or half a surrogate pair");
      case NUMBER ->
          // The scale first: comparing 1e999999999 would unfold it.
          violations.check(
              !node.isBigDecimal()
                  || (Math.abs((long) node.decimalValue().scale()) <= 400
                      && node.decimalValue().abs().compareTo(LARGEST) <= 0),
              CommonProblem.NUMBER_OUT_OF_RANGE,
              at,
              "is beyond the range of a double");
      default -> {}
    }
  }

  /** PostgreSQL's text has no place for U+0000, and UTF-8 none for half a surrogate pair. */
  private static boolean storable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  private Object bind(JsonNode tree, JavaType type, Violations violations) {
    for (int faults = 0; faults < MOST_FAULTS; faults++) {
      try {
        Object body = tree.isNull() ? null : bodies.forType(type).readValue(tree);
        if (body == null) {
          violations.add(CommonProblem.WRONG_TYPE, "", "must be " + kind(type.getRawClass()));
          break;
        }
        violations.orThrow();
        return body;
      } catch (JsonMappingException fault) {
        if (faults == 0) {
          // All of them, now: a constructor that refuses the values would hide them.
          takeOutUnknown(tree, type, "", violations);
        }
        String pointer = note(fault, violations);
        if (!(fault instanceof UnrecognizedPropertyException) && !takeOut(tree, pointer)) {
          break;
        }
      } catch (IOException fault) {
        violations.add(CommonProblem.INVALID_VALUE, "", "cannot be read");
        break;
      }
    }
    violations.orThrow();
    throw new ProblemException(CommonProblem.VALIDATION_FAILED);
  }

  /** Returns the place of the fault. */
  private String note(JsonMappingException fault, Violations violations) {
    String pointer = pointer(fault.getPath());
    switch (rootOf(fault)) {
      case ProblemException refused -> violations.addAll(refused, pointer);
      // Noted and taken out already, with all others of its kind.
      case UnrecognizedPropertyException unknown -> {}
      case InputCoercionException overflow ->
          violations.add(
              typeOf(fault, CommonProblem.NUMBER_OUT_OF_RANGE), pointer, "is out of range");
      case MismatchedInputException mismatch ->
          violations.add(
              typeOf(fault, CommonProblem.WRONG_TYPE),
              pointer,
              "must be " + kind(mismatch.getTargetType()));
      case IllegalArgumentException refused ->
          violations.add(typeOf(fault, CommonProblem.INVALID_VALUE), pointer, "is not acceptable");
      case JacksonException other ->
          violations.add(typeOf(fault, CommonProblem.INVALID_VALUE), pointer, "is not acceptable");
      case DateTimeException noInstant ->
          violations.add(
              typeOf(fault, CommonProblem.INVALID_VALUE),
              pointer,
              "must be a time such as 2026-05-04T10:00:00Z");
      case Throwable bug -> {
        // A value that was taken out may well upset a constructor; without such a one it is our
        // bug.
        if (violations.isEmpty()) {
          LOG.warnf(bug, "event=body_constructor_failed pointer=%s", pointer);
        }
        violations.add(CommonProblem.INVALID_VALUE, pointer, "is not acceptable");
      }
    }
    return pointer;
  }

  private static Throwable rootOf(JsonMappingException fault) {
    Throwable root = fault;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }

  private ProblemType typeOf(JsonMappingException fault, CommonProblem otherwise) {
    List<JsonMappingException.Reference> path = fault.getPath();
    for (int i = path.size() - 1; i >= 0; i--) {
      var reference = path.get(i);
      if (reference.getFieldName() == null || reference.getFrom() == null) {
        continue;
      }
      Class<?> owner =
          reference.getFrom() instanceof Class<?> c ? c : reference.getFrom().getClass();
      var config = mapper.getDeserializationConfig();
      for (var property : config.introspect(config.constructType(owner)).findProperties()) {
        var member = property.getPrimaryMember();
        if (property.getName().equals(reference.getFieldName())
            && member != null
            && member.hasAnnotation(InvalidAs.class)) {
          return new Invalid(member.getAnnotation(InvalidAs.class).value());
        }
      }
    }
    return otherwise;
  }

  private record Invalid(String code) implements ProblemType {
    @Override
    public int status() {
      return 422;
    }

    @Override
    public String title() {
      return CommonProblem.INVALID_VALUE.title();
    }
  }

  /** In the client's words, never with the name of a class. */
  private static String kind(@Nullable Class<?> type) {
    if (type == null) {
      return "of another type";
    }
    if (type.isEnum()) {
      return "one of "
          + String.join(
              ", ",
              Arrays.stream(type.getEnumConstants())
                  .map(c -> c.toString().toLowerCase(Locale.ROOT))
                  .toList());
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == int.class
        || type == Integer.class
        || type == long.class
        || type == Long.class
        || type == short.class) {
      return "a whole number";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a number";
    }
    if (type == UUID.class) {
      return "a UUID";
    }
    if (java.time.temporal.Temporal.class.isAssignableFrom(type)) {
      return "an instant in ISO 8601";
    }
    if (type.isArray() || Iterable.class.isAssignableFrom(type)) {
      return "an array";
    }
    return CharSequence.class.isAssignableFrom(type) ? "a string" : "an object";
  }

  private void takeOutUnknown(JsonNode node, JavaType type, String at, Violations violations) {
    if (node.isArray() && (type.isCollectionLikeType() || type.isArrayType())) {
      for (int i = 0; i < node.size(); i++) {
        takeOutUnknown(node.get(i), type.getContentType(), at + "/" + i, violations);
      }
    } else if (node instanceof ObjectNode object && type.isMapLikeType()) {
      object
          .properties()
          .forEach(entry ->
              takeOutUnknown(
                  entry.getValue(),
                  type.getContentType(),
                  at + "/" + escaped(entry.getKey()),
                  violations));
    } else if (node instanceof ObjectNode object && type.isRecordType()) {
      var known = new HashMap<String, JavaType>();
      for (var property : mapper.getDeserializationConfig().introspect(type).findProperties()) {
        known.put(property.getName(), property.getPrimaryType());
      }
      for (String name : object.properties().stream().map(Map.Entry::getKey).toList()) {
        JavaType field = known.get(name);
        if (field == null) {
          violations.add(
              CommonProblem.UNKNOWN_FIELD,
              at + "/" + escaped(name),
              "is not a field of this request");
          object.remove(name);
        } else {
          takeOutUnknown(object.get(name), field, at + "/" + escaped(name), violations);
        }
      }
    }
  }

  private static boolean takeOut(JsonNode tree, String pointer) {
    if (pointer.isEmpty()) {
      return false;
    }
    var place = JsonPointer.compile(pointer);
    JsonNode parent = tree.at(place.head());
    if (parent instanceof ObjectNode object) {
      return object.remove(place.last().getMatchingProperty()) != null;
    }
    int index = place.last().getMatchingIndex();
    if (parent instanceof ArrayNode array
        && index >= 0
        && index < array.size()
        && !array.get(index).isNull()) {
      // Not removed: the pointers of the faults behind it must stay true.
      array.set(index, NullNode.getInstance());
      return true;
    }
    return false;
  }

  private static String pointer(List<JsonMappingException.Reference> path) {
    var pointer = new StringBuilder();
    for (var reference : path) {
      pointer
          .append('/')
          .append(
              reference.getFieldName() == null
                  ? reference.getIndex()
                  : escaped(reference.getFieldName()));
    }
    return pointer.toString();
  }

  private static String escaped(String name) {
    return name.indexOf('~') < 0 && name.indexOf('/') < 0
        ? name
        : name.replace("~", "~0").replace("/", "~1");
  }
}
