package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One thing that was done or refused.
 *
 * @param userId null: a machine's or system's doing, or the user is deleted; userEmail stays
 * @param userRole USER, DEVOPS, ADMIN, SERVICE, NODE, SYSTEM, or NONE for a failed login
 * @param details request_id, before, after, changed, and what the action adds
 * @param status SUCCESS or FAILURE
 * @param errorMessage of a FAILURE: the problem's code
 */
public record AuditLog(
    long id,
    @Nullable Integer userId,
    @Nullable String userEmail,
    @Nullable String userRole,
    String action,
    String category,
    @Nullable String resourceType,
    @Nullable String resourceId,
    @Nullable String resourceName,
    @Nullable String description,
    @Schema(type = SchemaType.OBJECT) @Nullable Object details,
    @Nullable String ipAddress,
    @Nullable String userAgent,
    String status,
    @Nullable String errorMessage,
    Instant timestamp) {}
