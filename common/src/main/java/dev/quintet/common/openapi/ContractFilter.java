package dev.quintet.common.openapi;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Problem;
import dev.quintet.common.problem.ProblemType;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import jakarta.annotation.security.RolesAllowed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.FieldInfo;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.MethodInfo;
import org.jboss.jandex.Type;

/**
 * Adds to each operation what the code already says, so that it cannot drift: {@code x-roles} from
 * {@link RolesAllowed}, and every problem code with its status. The codes are those that the
 * operation's description names, those of {@link Problems} and {@link InvalidAs}, and those that
 * follow from its shape (a body can be broken, a token refused).
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ContractFilter implements OASFilter {
  private static final DotName ROLES = DotName.createSimple(RolesAllowed.class);
  private static final DotName CODES = DotName.createSimple(Problems.class);
  private static final DotName INVALID_AS = DotName.createSimple(InvalidAs.class);
  private static final DotName OPERATION =
      DotName.createSimple("org.eclipse.microprofile.openapi.annotations.Operation");
  private static final DotName PATH = DotName.createSimple("jakarta.ws.rs.Path");
  private static final Pattern WORD = Pattern.compile("[a-z0-9]+(?:_[a-z0-9]+)*");
  private static final String PROBLEM = "Problem";
  private static final String RECORDS = "dev.quintet.common.api.";

  private static final Set<CommonProblem> ALWAYS =
      EnumSet.of(
          CommonProblem.UNAUTHENTICATED,
          CommonProblem.FORBIDDEN,
          CommonProblem.DATABASE_UNAVAILABLE,
          CommonProblem.ISSUER_UNAVAILABLE,
          CommonProblem.INTERNAL_ERROR);
  private static final Set<CommonProblem> WITH_PARAMETERS =
      EnumSet.of(CommonProblem.MALFORMED_REQUEST, CommonProblem.INVALID_PARAMETER);
  private static final Set<CommonProblem> WITH_BODY =
      EnumSet.of(
          CommonProblem.MALFORMED_JSON,
          CommonProblem.PAYLOAD_TOO_LARGE,
          CommonProblem.UNSUPPORTED_MEDIA_TYPE,
          CommonProblem.VALIDATION_FAILED,
          CommonProblem.UNKNOWN_FIELD,
          CommonProblem.WRONG_TYPE,
          CommonProblem.REQUIRED,
          CommonProblem.INVALID_VALUE,
          CommonProblem.INVALID_CHARACTER,
          CommonProblem.NUMBER_OUT_OF_RANGE);

  private final IndexView index;
  private final Map<String, ProblemType> types = new TreeMap<>();

  public ContractFilter(IndexView index) {
    this.index = index;
    for (var type : index.getAllKnownImplementations(DotName.createSimple(ProblemType.class))) {
      if (type.isEnum() && isOurs(type.name().toString())) {
        for (ProblemType constant : constants(type.name().toString())) {
          types.putIfAbsent(constant.code(), constant);
        }
      }
    }
  }

  /** The records of all services are in common, and two of them may give one code two meanings. */
  private static boolean isOurs(String type) {
    return !type.startsWith(RECORDS)
        || type.startsWith(
            RECORDS + ConfigProvider.getConfig().getValue("quintet.schema", String.class) + ".");
  }

  private static List<ProblemType> constants(String name) {
    try {
      Object[] constants =
          Class.forName(name, true, Thread.currentThread().getContextClassLoader())
              .getEnumConstants();
      return Arrays.stream(constants).map(ProblemType.class::cast).toList();
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void filterOpenAPI(OpenAPI contract) {
    var methods = methods();
    if (contract.getPaths() == null || contract.getPaths().getPathItems() == null) {
      return;
    }
    contract
        .getPaths()
        .getPathItems()
        .forEach((path, item) ->
            item.getOperations()
                .forEach((verb, operation) -> {
                  MethodInfo method = methods.get(operation.getOperationId());
                  if (method == null) {
                    throw new IllegalStateException(
                        verb + " " + path + " belongs to no known method");
                  }
                  describe(operation, method);
                }));
    if (contract.getComponents() == null) {
      contract.setComponents(OASFactory.createComponents());
    }
    contract.getComponents().addSchema(PROBLEM, problemSchema());
  }

  /** By operation id, as the strategy CLASS_METHOD makes them or as the method says. */
  private Map<String, MethodInfo> methods() {
    var methods = new TreeMap<String, MethodInfo>();
    for (AnnotationInstance path : index.getAnnotations(PATH)) {
      var owner =
          switch (path.target().kind()) {
            case CLASS -> path.target().asClass();
            case METHOD -> path.target().asMethod().declaringClass();
            default -> null;
          };
      if (owner != null) {
        for (MethodInfo method : owner.methods()) {
          methods.put(owner.simpleName() + "_" + method.name(), method);
          var operation = method.annotation(OPERATION);
          if (operation != null && operation.value("operationId") != null) {
            methods.put(operation.value("operationId").asString(), method);
          }
        }
      }
    }
    return methods;
  }

  private void describe(Operation operation, MethodInfo method) {
    AnnotationInstance roles = method.annotation(ROLES);
    if (roles == null) {
      roles = method.declaringClass().declaredAnnotation(ROLES);
    }
    operation.addExtension(
        "x-roles",
        roles == null ? List.of() : Arrays.stream(roles.value().asStringArray()).sorted().toList());

    var codes = new TreeSet<String>();
    ALWAYS.forEach(type -> codes.add(type.code()));
    if (operation.getParameters() != null && !operation.getParameters().isEmpty()) {
      WITH_PARAMETERS.forEach(type -> codes.add(type.code()));
    }
    if (operation.getRequestBody() != null) {
      WITH_BODY.forEach(type -> codes.add(type.code()));
    }
    AnnotationInstance named = method.annotation(CODES);
    if (named != null) {
      for (String code : named.value().asStringArray()) {
        if (!types.containsKey(code)) {
          throw new IllegalStateException(method + " names " + code + ", which is no problem code");
        }
        codes.add(code);
      }
    }
    for (Type parameter : method.parameterTypes()) {
      addUnreadable(parameter, codes, new TreeSet<>());
    }
    if (operation.getDescription() != null) {
      WORD.matcher(operation.getDescription())
          .results()
          .map(word -> word.group())
          .filter(word -> word.indexOf('_') > 0 && types.containsKey(word))
          .forEach(codes::add);
    }

    var byStatus = new TreeMap<Integer, List<ProblemType>>();
    for (String code : codes) {
      ProblemType type = types.get(code);
      if (type != null) {
        byStatus.computeIfAbsent(type.status(), status -> new ArrayList<>()).add(type);
      }
    }
    byStatus.forEach((status, kinds) ->
        operation.getResponses().addAPIResponse(status.toString(), response(kinds)));
  }

  /** The codes that {@link InvalidAs} gives to values of a body's records. */
  private void addUnreadable(Type type, Set<String> codes, Set<String> seen) {
    if (type.kind() == Type.Kind.PARAMETERIZED_TYPE) {
      type.asParameterizedType()
          .arguments()
          .forEach(argument -> addUnreadable(argument, codes, seen));
    }
    ClassInfo body = index.getClassByName(type.name());
    if (body == null || !body.isRecord() || !seen.add(type.name().toString())) {
      return;
    }
    for (FieldInfo field : body.fields()) {
      AnnotationInstance invalid = field.annotation(INVALID_AS);
      if (invalid != null) {
        codes.add(invalid.value().asString());
      }
      addUnreadable(field.type(), codes, seen);
    }
  }

  private static APIResponse response(List<ProblemType> kinds) {
    int status = kinds.getFirst().status();
    var response =
        OASFactory.createAPIResponse()
            .description(String.join(", ", kinds.stream().map(ProblemType::code).toList()))
            .content(
                OASFactory.createContent()
                    .addMediaType(
                        Problem.MEDIA_TYPE,
                        OASFactory.createMediaType()
                            .schema(OASFactory.createSchema().ref(PROBLEM))));
    response.addExtension("x-problem-codes", kinds.stream().map(ProblemType::code).toList());
    if (status == 429 || status == 503) {
      response.addHeader(
          "Retry-After",
          OASFactory.createHeader()
              .description("whole seconds; retry_after_ms says it exactly")
              .schema(type(Schema.SchemaType.INTEGER)));
    }
    return response;
  }

  private static Schema problemSchema() {
    var violation =
        type(Schema.SchemaType.OBJECT)
            .addProperty(
                "pointer", type(Schema.SchemaType.STRING).description("JSON pointer into the body"))
            .addProperty(
                "parameter",
                type(Schema.SchemaType.STRING)
                    .description("name of a path, query or header parameter"))
            .addProperty("code", type(Schema.SchemaType.STRING))
            .addProperty("detail", type(Schema.SchemaType.STRING))
            .required(List.of("code", "detail"));
    return type(Schema.SchemaType.OBJECT)
        .description("RFC 9457. Some problems have further members; their operations name them.")
        .examples(
            List.of(
                new TreeMap<>(
                    Map.of(
                        "type", CommonProblem.UNKNOWN_FIELD.uri(),
                        "title", CommonProblem.UNKNOWN_FIELD.title(),
                        "status", CommonProblem.UNKNOWN_FIELD.status(),
                        "detail", "/colour is not a field of this request",
                        "instance", "/api/v1/things",
                        "code", CommonProblem.UNKNOWN_FIELD.code(),
                        "trace_id", "0af7651916cd43dd8448eb211c80319c",
                        "errors",
                            List.of(
                                new TreeMap<>(
                                    Map.of(
                                        "pointer", "/colour",
                                        "code", CommonProblem.UNKNOWN_FIELD.code(),
                                        "detail", "is not a field of this request")))))))
        .addProperty(
            "type", type(Schema.SchemaType.STRING).description("urn:quintet:problem:<code>"))
        .addProperty("title", type(Schema.SchemaType.STRING))
        .addProperty("status", type(Schema.SchemaType.INTEGER))
        .addProperty("detail", type(Schema.SchemaType.STRING))
        .addProperty("instance", type(Schema.SchemaType.STRING))
        .addProperty(
            "code", type(Schema.SchemaType.STRING).description("what a client switches on"))
        .addProperty("trace_id", type(Schema.SchemaType.STRING))
        .addProperty("retry_after_ms", type(Schema.SchemaType.INTEGER))
        .addProperty("errors", type(Schema.SchemaType.ARRAY).items(violation))
        .required(List.of("type", "title", "status", "code", "trace_id"));
  }

  private static Schema type(Schema.SchemaType type) {
    return OASFactory.createSchema().addType(type);
  }
}
