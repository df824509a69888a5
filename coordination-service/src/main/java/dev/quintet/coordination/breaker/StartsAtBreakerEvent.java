package dev.quintet.coordination.breaker;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method needs {@link BreakerStart}: what is the case when the stream begins. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@interface StartsAtBreakerEvent {}
