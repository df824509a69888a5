/**
 * One computes what many want at the same time. Redis knows who, and holds the result for those who
 * wait on any replica.
 */
@NullMarked
package dev.quintet.coordination.coalesce;

import org.jspecify.annotations.NullMarked;
