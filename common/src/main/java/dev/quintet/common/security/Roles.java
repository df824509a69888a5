package dev.quintet.common.security;

import java.util.Set;
import java.util.TreeSet;

/** The realm roles. Admin includes devops includes user; service stands apart. */
public final class Roles {
  public static final String SERVICE = "service";
  public static final String USER = "user";
  public static final String DEVOPS = "devops";
  public static final String ADMIN = "admin";

  public static final Set<String> ALL = Set.of(SERVICE, USER, DEVOPS, ADMIN);

  private Roles() {}

  /** The given roles and all that they include. */
  public static Set<String> withIncluded(Set<String> roles) {
    var all = new TreeSet<>(roles);
    if (all.contains(ADMIN)) {
      all.add(DEVOPS);
    }
    if (all.contains(DEVOPS)) {
      all.add(USER);
    }
    return all;
  }
}
