/** Which of those who wait a notification of the database is for. */
@NullMarked
package dev.quintet.coordination.notice;

import org.jspecify.annotations.NullMarked;
