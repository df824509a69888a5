package dev.quintet.autoscaler.event;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method needs {@link EventBounds}: where the history begins and ends now. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@interface StartsAtEvent {}
