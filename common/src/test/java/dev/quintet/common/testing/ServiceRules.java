package dev.quintet.common.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.MethodCallTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Set;

/**
 * The rules of the house for a service's classes. A service applies them by {@code @ArchTest static
 * final ArchTests rules = ArchTests.in(ServiceRules.class)}.
 */
public final class ServiceRules {
  private static final List<String> SERVICES =
      List.of("tracker", "autoscaler", "coordination", "trace", "supervisor");
  private static final Set<String> VERBS =
      Set.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS");
  private static final Set<String> CLOCKS =
      Set.of(
          "Instant",
          "LocalDate",
          "LocalDateTime",
          "LocalTime",
          "OffsetDateTime",
          "ZonedDateTime",
          "Year",
          "YearMonth");

  private ServiceRules() {}

  @ArchTest
  public static final ArchRule FEATURES_HAVE_NO_CYCLES =
      slices().matching("dev.quintet.(*).(*)..").should().beFreeOfCycles().allowEmptyShould(true);

  /**
   * A transaction may be handed on by anybody: it is only a name for "together with that". What all
   * Queries of a service share is in its package sql, and how a pool connects in a PgPoolCreator.
   */
  @ArchTest
  public static final ArchRule ONLY_QUERIES_TOUCH_THE_SQL_CLIENT =
      noClasses()
          .that(
              areNot(
                  "Queries classes",
                  type ->
                      outermost(type).getSimpleName().endsWith("Queries")
                          || type.getPackageName().endsWith(".sql")
                          || type.isAssignableTo("io.quarkus.reactive.pg.client.PgPoolCreator")))
          .should()
          .dependOnClassesThat(
              are(
                  "of an SQL client",
                  type ->
                      (type.getPackageName().startsWith("io.vertx.mutiny.sqlclient")
                              || type.getPackageName().startsWith("io.vertx.sqlclient")
                              || type.getPackageName().startsWith("io.vertx.pgclient")
                              || type.getPackageName().startsWith("io.vertx.mutiny.pgclient")
                              || type.getPackageName().equals("java.sql")
                              || type.getPackageName().equals("javax.sql"))
                          && !type.getName().equals("io.vertx.mutiny.sqlclient.SqlConnection")))
          .allowEmptyShould(true)
          .because("a statement has one home, beside the others of its feature");

  @ArchTest
  public static final ArchRule ONLY_RESOURCES_KNOW_HTTP =
      noClasses()
          .that(areNot("resources or their filters", type -> knowsHttp(outermost(type))))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jakarta.ws.rs..")
          .allowEmptyShould(true)
          .because("results are sealed types; only a resource turns one into a status");

  @ArchTest
  public static final ArchRule NOBODY_WAITS_OR_SUBSCRIBES =
      noClasses()
          .should()
          .callMethodWhere(
              calls(
                  "a Uni or Multi is awaited, subscribed to or forgotten",
                  target ->
                      (target.getOwner().getPackageName().startsWith("io.smallrye.mutiny")
                              && Set.of("await", "subscribe", "subscribeAsCompletionStage")
                                  .contains(target.getName()))
                          || target.getName().endsWith("AndAwait")
                          || target.getName().endsWith("AndForget")))
          .allowEmptyShould(true)
          .because("the framework subscribes; whoever waits holds an event loop");

  /** But one class, which gives the clock to the others. */
  @ArchTest
  public static final ArchRule NOBODY_READS_THE_SYSTEM_CLOCK =
      noClasses()
          .that()
          .doNotHaveSimpleName("SystemClock")
          .should()
          .callMethodWhere(
              calls(
                  "the system clock is read",
                  target ->
                      (target.getName().equals("now")
                              && CLOCKS.contains(target.getOwner().getSimpleName())
                              && target.getOwner().getPackageName().equals("java.time")
                              && target.getRawParameterTypes().isEmpty())
                          || (target.getName().equals("currentTimeMillis")
                              && target.getOwner().isEquivalentTo(System.class))
                          || (target.getName().startsWith("system")
                              && target.getOwner().getName().equals("java.time.Clock"))))
          .allowEmptyShould(true)
          .because("time is the database's, or an injected Clock's");

  @ArchTest
  public static final ArchRule NO_FIELD_INJECTION =
      noFields()
          .should()
          .beAnnotatedWith("jakarta.inject.Inject")
          .orShould()
          .beAnnotatedWith("org.eclipse.microprofile.config.inject.ConfigProperty")
          .allowEmptyShould(true);

  @ArchTest
  public static final ArchRule EVERY_ENDPOINT_NAMES_ITS_ROLES =
      methods()
          .that(
              are(
                  "endpoints",
                  (JavaMethod method) ->
                      method.getAnnotations().stream()
                          .anyMatch(a ->
                              a.getRawType().getPackageName().equals("jakarta.ws.rs")
                                  && VERBS.contains(a.getRawType().getSimpleName()))))
          .should(
              new ArchCondition<>("name their roles, or their class does") {
                @Override
                public void check(JavaMethod method, ConditionEvents events) {
                  boolean named = namesRoles(method) || namesRoles(method.getOwner());
                  events.add(
                      new SimpleConditionEvent(
                          method,
                          named,
                          method.getFullName() + (named ? " names" : " names no") + " roles"));
                }
              })
          .allowEmptyShould(true);

  @ArchTest
  public static final ArchRule NO_THREAD_LOCAL =
      noClasses()
          .should()
          .dependOnClassesThat()
          .areAssignableTo(ThreadLocal.class)
          .allowEmptyShould(true)
          .because("an event loop's thread serves many callers in turn");

  @ArchTest
  public static final ArchRule NO_SERVICE_NEEDS_ANOTHER =
      classes()
          .should(
              new ArchCondition<>("not depend on another service's classes") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  String own = service(type);
                  type.getDirectDependenciesFromSelf().stream()
                      .filter(dependency -> own != null)
                      .filter(dependency -> {
                        String other = service(dependency.getTargetClass());
                        return other != null && !other.equals(own);
                      })
                      .forEach(dependency ->
                          events.add(
                              SimpleConditionEvent.violated(type, dependency.getDescription())));
                }
              })
          .allowEmptyShould(true);

  /**
   * For common: what goes over the wire is values. Stateless helpers of the records may sit beside
   * them.
   */
  public static final ArchRule THE_API_IS_VALUES =
      classes()
          .that()
          .resideInAPackage("dev.quintet.common.api..")
          .should(
              new ArchCondition<>(
                  "be records, enums, sealed interfaces or final classes without fields") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  boolean value =
                      type.isRecord()
                          || type.isEnum()
                          || type.isInterface()
                          || type.isAnonymousClass()
                          || type.isAssignableTo(Enum.class)
                          || (type.getModifiers().contains(JavaModifier.FINAL)
                              && type.getFields().stream()
                                  .allMatch(f -> f.getModifiers().contains(JavaModifier.STATIC)));
                  events.add(
                      new SimpleConditionEvent(
                          type, value, type.getName() + (value ? " is" : " is not") + " a value"));
                }
              })
          .allowEmptyShould(true);

  private static boolean namesRoles(
      com.tngtech.archunit.core.domain.properties.HasAnnotations<?> place) {
    return place.isAnnotatedWith("jakarta.annotation.security.RolesAllowed")
        || place.isAnnotatedWith("jakarta.annotation.security.PermitAll");
  }

  /**
   * A filter runs before or after a resource's method and is bound to it by an annotation: both
   * belong to its edge.
   */
  private static boolean knowsHttp(JavaClass type) {
    return isResource(type)
        || type.isAnnotatedWith("jakarta.ws.rs.NameBinding")
        || type.getMethods().stream()
            .anyMatch(method ->
                method.isAnnotatedWith("org.jboss.resteasy.reactive.server.ServerRequestFilter")
                    || method.isAnnotatedWith(
                        "org.jboss.resteasy.reactive.server.ServerResponseFilter"));
  }

  private static boolean isResource(JavaClass type) {
    return type.isAnnotatedWith("jakarta.ws.rs.Path");
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ServiceRules::outermost).orElse(type);
  }

  private static @org.jspecify.annotations.Nullable String service(JavaClass type) {
    return SERVICES.stream()
        .filter(name -> type.getPackageName().concat(".").startsWith("dev.quintet." + name + "."))
        .findFirst()
        .orElse(null);
  }

  private static <T> DescribedPredicate<T> are(
      String description, java.util.function.Predicate<? super T> test) {
    return DescribedPredicate.describe(description, test);
  }

  private static DescribedPredicate<JavaClass> areNot(
      String description, java.util.function.Predicate<JavaClass> test) {
    return DescribedPredicate.describe("are no " + description, type -> !test.test(type));
  }

  private static DescribedPredicate<JavaMethodCall> calls(
      String description, java.util.function.Predicate<MethodCallTarget> test) {
    return DescribedPredicate.describe(description, call -> test.test(call.getTarget()));
  }
}
