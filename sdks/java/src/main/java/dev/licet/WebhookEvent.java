package dev.licet;

/**
 * An event as Licet sends it.
 *
 * @param id the ID of the event, the same in all attempts to deliver it
 * @param type such as {@code license.created}
 * @param timestamp when it happened, in RFC 3339
 * @param data what happened: {@code license} is the license, with its key masked
 */
public record WebhookEvent(String id, String type, String timestamp, JsonObject data) {}
