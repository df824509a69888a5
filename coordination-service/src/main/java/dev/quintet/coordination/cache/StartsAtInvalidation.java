package dev.quintet.coordination.cache;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method needs {@link InvalidationBounds}: where the stream stands now. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@interface StartsAtInvalidation {}
