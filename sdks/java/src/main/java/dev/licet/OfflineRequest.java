package dev.licet;

/**
 * The request of a device without a connection for a license file.
 *
 * @param code such as {@code LQ1.eyJ2Ijox…}. It contains the license key
 * @param url the page of the server with the code in its fragment, for a link or a QR code
 */
public record OfflineRequest(String code, String url) {}
