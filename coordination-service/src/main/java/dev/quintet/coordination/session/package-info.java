/** Which sockets users have, and on which servers: in Redis alone, as they may be lost with it. */
@NullMarked
package dev.quintet.coordination.session;

import org.jspecify.annotations.NullMarked;
