package dev.quintet.coordination.coalesce;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method needs {@link PromiseStart}: whether somebody computes, and by which promise. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@interface StartsAtPromise {}
