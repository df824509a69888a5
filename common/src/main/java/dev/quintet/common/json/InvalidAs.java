package dev.quintet.common.json;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a record component: a value here that cannot even be read (a text for a number, a number too
 * large) gets this problem code, the same as a value that the domain refuses.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface InvalidAs {
  /** A code of the service's problem enum, such as {@code invalid_epoch}. */
  String value();
}
