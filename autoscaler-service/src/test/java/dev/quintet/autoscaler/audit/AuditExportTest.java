package dev.quintet.autoscaler.audit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditExportTest {
  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"})
  void aFormulaBecomesAText(String value) {
    assertThat(AuditExport.cell(value).replaceAll("^\"", "")).startsWith("'");
  }

  @Test
  void whatWouldEndACellIsQuoted() {
    assertThat(AuditExport.cell("a\"b,c")).isEqualTo("\"a\"\"b,c\"");
    assertThat(AuditExport.cell("=a,\nb")).isEqualTo("\"'=a,\nb\"");
    assertThat(AuditExport.cell(null)).isEmpty();
    assertThat(AuditExport.cell(5)).isEqualTo("5");
  }
}
