package dev.quintet.common.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a column of {@code row_to_json(…)::text}: the statement names the fields once, in the words
 * of the contract, and there is no second list of them to keep in step.
 */
@ApplicationScoped
public class JsonRows {
  private final ObjectMapper json;

  JsonRows(ObjectMapper json) {
    this.json = json;
  }

  /** NULLs, as an outer join leaves them, are no rows. */
  public <T> List<T> of(RowSet<Row> rows, String column, Class<T> type) {
    var all = new ArrayList<T>(rows.size());
    for (Row row : rows) {
      String text = row.getString(column);
      if (text != null) {
        all.add(read(text, type));
      }
    }
    return all;
  }

  private <T> T read(String text, Class<T> type) {
    try {
      return json.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a statement and " + type.getSimpleName() + " differ", e);
    }
  }
}
