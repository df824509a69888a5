package dev.quintet.common.idempotency;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An answer as it is stored and given again: status, the headers that belong to it, JSON. */
public record Answer(int status, Map<String, String> headers, @Nullable String body) {

  public Response response() {
    var response = Response.status(status);
    headers.forEach(response::header);
    return body == null
        ? response.build()
        : response.type(MediaType.APPLICATION_JSON).entity(body).build();
  }
}
