/** What holds for every operation of the tracker, whoever adds one. */
package dev.quintet.tracker.contract;
