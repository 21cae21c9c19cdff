package dev.licet;

import java.time.Instant;

/**
 * A floating seat.
 *
 * @param id its ID
 * @param expiresAt when it ends, unless it is renewed before
 */
public record Seat(String id, Instant expiresAt) {}
