package dev.quintet.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;

/** A status and a document; an answer without a JSON body has a missing node. */
public record Answer(int status, JsonNode body, HttpResponse<String> http) {
  /** Which problem it is; empty: none. */
  public String code() {
    return body.path("code").asText();
  }
}
