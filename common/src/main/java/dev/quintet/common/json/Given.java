package dev.quintet.common.json;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A member of a merge patch (RFC 7396) that may be taken away: a component of this type is null
 * where the member is absent, and holds null where it is null.
 */
@JsonDeserialize(using = Given.Reader.class)
public final class Given<T> {
  private final @Nullable T value;

  private Given(@Nullable T value) {
    this.value = value;
  }

  public static <T> Given<T> of(@Nullable T value) {
    return new Given<>(value);
  }

  @JsonValue
  public @Nullable T value() {
    return value;
  }

  /** Jackson makes one per property, knowing the type in the brackets. */
  static final class Reader extends JsonDeserializer<Given<?>> implements ContextualDeserializer {
    private final JavaType type;

    Reader() {
      this(TypeFactory.unknownType());
    }

    private Reader(JavaType type) {
      this.type = type;
    }

    @Override
    public JsonDeserializer<?> createContextual(
        DeserializationContext context, @Nullable BeanProperty property) {
      return new Reader(context.getContextualType().containedTypeOrUnknown(0));
    }

    @Override
    public Given<?> deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return of(context.readValue(parser, type));
    }

    @Override
    public Given<?> getNullValue(DeserializationContext context) {
      return of(null);
    }

    @Override
    public @Nullable Object getAbsentValue(DeserializationContext context) {
      return null;
    }
  }
}
