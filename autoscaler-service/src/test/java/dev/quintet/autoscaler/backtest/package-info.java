@NullMarked
package dev.quintet.autoscaler.backtest;

import org.jspecify.annotations.NullMarked;
