/** What the published contract says beyond the code: roles and problem codes. */
@NullMarked
package dev.quintet.common.openapi;

import org.jspecify.annotations.NullMarked;
