package dev.quintet.autoscaler.metric;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.quintet.autoscaler.metric.BatchColumns.Series;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.ProblemType;
import dev.quintet.common.problem.Violations;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a batch token by token into columns. The general reader of bodies makes a tree first; for
 * thousands of samples that alone would cost as much as storing them. What counts as wrong, and its
 * codes, are the same; but NaN and the like are understood, to be refused as values.
 */
final class BatchReader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(64).maxNumberLength(400).build())
          .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          // Interned names of a stranger's choice would stay for ever.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private static final int MOST_LISTED = 20;
  private static final int LONGEST_POOL = 255;
  private static final int LONGEST_TYPE = 100;
  private static final int LONGEST_UNIT = 50;

  private final int mostSamples;
  private final JsonParser json;
  private final Texts texts = new Texts();
  private final Instants instants = new Instants();
  private final Violations violations = new Violations();
  private final List<SampleFault> faults = new ArrayList<>();
  private final BatchColumns good = new BatchColumns(256);
  private @Nullable UUID batchId;
  private int sent;
  private int bad;

  /** The sample at hand has a fault. */
  private boolean faulty;

  private BatchReader(JsonParser json, int mostSamples) {
    this.json = json;
    this.mostSamples = mostSamples;
  }

  /**
   * Throws a {@link ProblemException} for a body that is too large (and reads no further), that is
   * not JSON, or that is no batch; faults of single samples are in the result.
   */
  static ParsedBatch read(InputStream body, boolean gzip, MetricConfig config) {
    var wire = new Limited(body, config.largestBody().asLongValue());
    try (InputStream in =
            gzip
                ? new Limited(new GZIPInputStream(wire), config.largestUnpacked().asLongValue())
                : wire;
        JsonParser json = JSON.createParser(in)) {
      return new BatchReader(json, config.mostSamples()).batch();
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new ProblemException(
          CommonProblem.MALFORMED_JSON,
          at == null
              ? "the body is not JSON"
              : "not JSON at line " + at.getLineNr() + ", column " + at.getColumnNr());
    } catch (ZipException | EOFException e) {
      throw new ProblemException(CommonProblem.MALFORMED_REQUEST, "the body is not whole gzip");
    } catch (java.io.CharConversionException e) {
      throw new ProblemException(CommonProblem.MALFORMED_JSON, "the body is not UTF-8");
    } catch (IOException e) {
      throw new ProblemException(CommonProblem.MALFORMED_REQUEST, "the body ended early");
    }
  }

  private ParsedBatch batch() throws IOException {
    JsonToken start = json.nextToken();
    if (start == null) {
      throw new ProblemException(CommonProblem.MALFORMED_JSON, "the body is empty");
    }
    boolean samples = false;
    boolean named = false;
    if (start == JsonToken.START_OBJECT) {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        switch (name) {
          case "batch_id" -> {
            refuseRepeated(named, name);
            named = true;
            readBatchId(value);
          }
          case "samples" -> {
            refuseRepeated(samples, name);
            samples = true;
            readSamples(value);
          }
          default -> {
            violations.add(
                CommonProblem.UNKNOWN_FIELD, "/" + pointer(name), "is not a field of this request");
            json.skipChildren();
          }
        }
      }
      violations.check(named, CommonProblem.REQUIRED, "/batch_id", "is required");
      violations.check(samples, CommonProblem.REQUIRED, "/samples", "is required");
    } else {
      violations.add(CommonProblem.WRONG_TYPE, "", "must be an object");
      json.skipChildren();
    }
    if (json.nextToken() != null) {
      throw new ProblemException(CommonProblem.MALFORMED_JSON, "something follows the batch");
    }
    violations.orThrow();
    return new ParsedBatch(java.util.Objects.requireNonNull(batchId), good, bad, faults);
  }

  private void readBatchId(JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_STRING && json.getTextLength() == 36) {
      try {
        batchId = UUID.fromString(json.getText());
        return;
      } catch (IllegalArgumentException e) {
        // told below
      }
    }
    violations.add(CommonProblem.WRONG_TYPE, "/batch_id", "must be a UUID");
    json.skipChildren();
  }

  private void readSamples(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      violations.add(CommonProblem.WRONG_TYPE, "/samples", "must be an array");
      json.skipChildren();
      return;
    }
    JsonToken token;
    while ((token = json.nextToken()) != JsonToken.END_ARRAY) {
      if (sent == mostSamples) {
        throw new ProblemException(
                AutoscalerProblem.BATCH_TOO_LARGE, "it has more than " + mostSamples + " samples")
            .with("limit_samples", mostSamples);
      }
      faulty = false;
      if (token == JsonToken.START_OBJECT) {
        readSample();
      } else {
        fault("", CommonProblem.WRONG_TYPE, "must be an object");
        json.skipChildren();
      }
      bad += faulty ? 1 : 0;
      sent++;
    }
  }

  private void readSample() throws IOException {
    String oraclePoolId = null;
    String metricType = null;
    String unit = null;
    Long poolId = null;
    Long at = null;
    double number = 0;
    int seen = 0;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      int field =
          switch (name) {
            case "value" -> 1;
            case "timestamp" -> 2;
            case "metric_type" -> 4;
            case "unit" -> 8;
            case "oracle_pool_id" -> 16;
            case "pool_id" -> 32;
            default -> 0;
          };
      refuseRepeated((seen & field) != 0, name);
      seen |= field;
      switch (field) {
        case 1 -> number = number(value);
        case 2 -> at = instant(value);
        case 4 -> metricType = text(value, "/metric_type", LONGEST_TYPE, false);
        case 8 -> unit = text(value, "/unit", LONGEST_UNIT, false);
        case 16 -> oraclePoolId = text(value, "/oracle_pool_id", LONGEST_POOL, true);
        case 32 -> poolId = poolId(value);
        default -> {
          fault("/" + pointer(name), CommonProblem.UNKNOWN_FIELD, "is not a field of this request");
          json.skipChildren();
        }
      }
    }
    require(seen, 4, "/metric_type");
    require(seen, 1, "/value");
    require(seen, 8, "/unit");
    if (!faulty && metricType != null && unit != null) {
      good.add(sent, new Series(oraclePoolId, poolId, metricType, unit), number, at);
    }
  }

  private void require(int seen, int field, String pointer) {
    if ((seen & field) == 0) {
      fault(pointer, CommonProblem.REQUIRED, "is required");
    }
  }

  private double number(JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_NUMBER_FLOAT && value != JsonToken.VALUE_NUMBER_INT) {
      wrong(value, "/value", "must be a number");
      return 0;
    }
    double number = json.getDoubleValue();
    if (!Double.isFinite(number)) {
      fault("/value", AutoscalerProblem.VALUE_NOT_FINITE, "must be a finite number");
    }
    return number;
  }

  private @Nullable Long instant(JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return null;
    }
    long micros =
        value == JsonToken.VALUE_STRING
            ? instants.micros(json.getTextCharacters(), json.getTextOffset(), json.getTextLength())
            : Instants.UNREADABLE;
    if (micros == Instants.UNREADABLE) {
      wrong(value, "/timestamp", "must be an instant in ISO 8601");
      return null;
    }
    if (micros == Instants.BEYOND) {
      fault("/timestamp", AutoscalerProblem.TIMESTAMP_OUT_OF_RANGE, "is of another age");
      return null;
    }
    return micros;
  }

  private @Nullable String text(JsonToken value, String pointer, int longest, boolean nullable)
      throws IOException {
    if (value == JsonToken.VALUE_NULL && nullable) {
      return null;
    }
    if (value != JsonToken.VALUE_STRING) {
      wrong(value, pointer, "must be a string");
      return null;
    }
    int length = json.getTextLength();
    // The common case needs no count of code points.
    if (length == 0
        || (length > longest
            && Character.codePointCount(json.getTextCharacters(), json.getTextOffset(), length)
                > longest)) {
      fault(pointer, CommonProblem.INVALID_VALUE, "must have 1 to " + longest + " characters");
      return null;
    }
    String text = texts.of(json.getTextCharacters(), json.getTextOffset(), length);
    if (text == null) {
      fault(
          pointer,
          CommonProblem.INVALID_CHARACTER,
          "holds a control character or half a surrogate pair");
    }
    return text;
  }

  private @Nullable Long poolId(JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return null;
    }
    if (value != JsonToken.VALUE_NUMBER_INT) {
      wrong(value, "/pool_id", "must be a whole number");
      return null;
    }
    if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      fault("/pool_id", CommonProblem.NUMBER_OUT_OF_RANGE, "is out of range");
      return null;
    }
    return json.getLongValue();
  }

  private void wrong(JsonToken value, String pointer, String detail) throws IOException {
    fault(
        pointer,
        value == JsonToken.VALUE_NULL ? CommonProblem.REQUIRED : CommonProblem.WRONG_TYPE,
        value == JsonToken.VALUE_NULL ? "is required" : detail);
    json.skipChildren();
  }

  private void fault(String field, ProblemType type, String detail) {
    if (bad < MOST_LISTED) {
      faults.add(new SampleFault(sent, field, type, detail));
    }
    faulty = true;
  }

  private void refuseRepeated(boolean seen, String name) {
    if (seen) {
      throw new ProblemException(
          CommonProblem.MALFORMED_JSON,
          "the field " + name + " stands twice at line " + json.currentLocation().getLineNr());
    }
  }

  /** A name of a client's making, short enough for an answer. */
  private static String pointer(String name) {
    String short64 = name.length() <= 64 ? name : name.substring(0, 64);
    return short64.replace("~", "~0").replace("/", "~1").replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
  }

  /** Stops at its limit, so that nothing behind it is read, unpacked or kept. */
  private static final class Limited extends InputStream {
    private final InputStream in;
    private final long limit;
    private long read;

    Limited(InputStream in, long limit) {
      this.in = in;
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int one = in.read();
      count(one < 0 ? 0 : 1);
      return one;
    }

    @Override
    public int read(byte[] into, int from, int most) throws IOException {
      int n = in.read(into, from, most);
      count(Math.max(n, 0));
      return n;
    }

    private void count(int n) {
      read += n;
      if (read > limit) {
        throw new ProblemException(AutoscalerProblem.BATCH_TOO_LARGE, "it is too long")
            .with("limit_bytes", limit);
      }
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
