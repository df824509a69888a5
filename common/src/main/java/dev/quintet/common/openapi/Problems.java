package dev.quintet.common.openapi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The problem codes that an operation may answer with, beyond those that every operation may. They
 * go into the published contract; a code that no {@link dev.quintet.common.problem.ProblemType} of
 * the service has fails the contract's test.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Problems {
  String[] value();
}
