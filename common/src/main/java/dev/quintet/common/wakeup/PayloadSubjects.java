package dev.quintet.common.wakeup;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** The payload is the subject. */
@DefaultBean
@ApplicationScoped
class PayloadSubjects implements Subjects {
  @Override
  public List<String> of(String channel, String payload) {
    return List.of(payload);
  }
}
