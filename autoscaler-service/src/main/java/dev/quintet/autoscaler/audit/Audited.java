package dev.quintet.autoscaler.audit;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On every operation that changes something. A success writes its row itself, in the transaction of
 * the change ({@link Changes}); when the operation is refused, {@link RefusalAudit} writes one with
 * status FAILURE.
 */
@NameBinding
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Audited {
  AuditAction value();

  /** The path parameter that names what it is done to; empty where there is none yet. */
  String resource() default "id";
}
