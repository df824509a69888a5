package dev.quintet.common.api.autoscaler;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a candidate comes to. Minutes are simulated ones; utilisation is that of the first series.
 *
 * @param instanceMinutes instances that existed, ready or not
 * @param baselineInstanceMinutes of the recorded pool, over the minutes with data; null: nothing
 *     was recorded
 * @param cost null: no price was given
 * @param directionReversals changes against the one before, within ten minutes of it
 * @param saturatedMinutes demand was as large as all ready instances, or larger
 * @param censoredMinutes the record itself was full: the true demand is unknown
 * @param noDataMinutes there is no point, so the brain knew nothing either
 * @param p50 of the utilisation, over the minutes with data; null: there are none
 */
public record BacktestFigures(
    BigDecimal instanceMinutes,
    @Nullable BigDecimal baselineInstanceMinutes,
    @Nullable BigDecimal cost,
    int scaleUps,
    int scaleDowns,
    int directionReversals,
    BigDecimal minutesOverTarget,
    BigDecimal saturatedMinutes,
    BigDecimal censoredMinutes,
    BigDecimal noDataMinutes,
    @Nullable BigDecimal p50,
    @Nullable BigDecimal p95,
    @Nullable BigDecimal p99) {}
