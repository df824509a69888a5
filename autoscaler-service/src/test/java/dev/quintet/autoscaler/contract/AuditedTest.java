package dev.quintet.autoscaler.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.quintet.autoscaler.audit.Audited;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Whatever changes something is on record, and so is who was refused it. */
class AuditedTest {
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  /** Each with its reason. */
  private static final Set<String> UNAUDITED =
      Set.of(
          // Writes rows of its own kind: LOGIN_SUCCESS and LOGIN_FAILED.
          "POST /auth/login",
          // By far too many; transitions are on record.
          "POST /nodes/{id}/heartbeat",
          "POST /nodes/{id}/metrics",
          // Change nothing.
          "POST /nodes/{id}/config/validate",
          "POST /pools/{id}/recommendation");

  @Test
  void everyChangeIsAudited() {
    var unaudited = new TreeSet<String>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.quintet.autoscaler")) {
      for (JavaMethod method : type.getMethods()) {
        for (String verb : verbs(method)) {
          if (!READING.contains(verb)
              && !method.isAnnotatedWith(Audited.class)
              && !type.isAnnotatedWith(Audited.class)) {
            unaudited.add(verb + " " + method.getAnnotationOfType(Path.class).value());
          }
        }
      }
    }
    assertThat(UNAUDITED).containsAll(unaudited);
    assertThat(unaudited).contains("POST /auth/login");
  }

  private static List<String> verbs(JavaMethod method) {
    return method.getAnnotations().stream()
        .filter(annotation -> annotation.getRawType().isAnnotatedWith(HttpMethod.class))
        .map(annotation -> annotation.getRawType().getSimpleName())
        .toList();
  }
}
