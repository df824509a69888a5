package dev.quintet.autoscaler.access;

import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * An id in an address, for tables whose id is an int4. Text that cannot be one is not a bad request
 * but the address of nothing, and becomes an id that no row has.
 */
@Schema(type = SchemaType.INTEGER, format = "int32", description = "the id of a row")
public record RowId(int value) {
  private static final int OF_NO_ROW = -1;
  private static final int DIGITS = 10;

  /** JAX-RS looks for this name. */
  public static RowId fromString(String text) {
    boolean digits =
        !text.isEmpty()
            && text.length() <= DIGITS
            && text.chars().allMatch(c -> c >= '0' && c <= '9');
    long number = digits ? Long.parseLong(text) : OF_NO_ROW;
    return new RowId(number > Integer.MAX_VALUE ? OF_NO_ROW : (int) number);
  }
}
