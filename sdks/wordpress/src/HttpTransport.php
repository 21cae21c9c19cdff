<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Transport;

/** Uses the HTTP API of WordPress, so the proxy and the filters of the site apply. */
final class HttpTransport implements Transport
{
    private const USER_AGENT = 'licet-wordpress/0.1.0';

    public function send(Request $request): Response
    {
        $headers = array_change_key_case($request->headers);
        // wp_safe_remote_request would refuse a server in the customer's own network.
        $response = wp_remote_request($request->url, [
            'method' => $request->method,
            'headers' => array_diff_key($headers, ['user-agent' => '']),
            'user-agent' => trim(self::USER_AGENT . ' ' . ($headers['user-agent'] ?? '')),
            'body' => $request->body,
            'timeout' => $request->timeout,
            'redirection' => 0,
            'limit_response_size' => $request->bytesMax + 1,
        ]);
        if (is_wp_error($response)) {
            throw self::explain($response->get_error_message());
        }
        $body = (string) wp_remote_retrieve_body($response);
        return new Response(
            (int) wp_remote_retrieve_response_code($response),
            self::readHeaders($response),
            substr($body, 0, $request->bytesMax),
            strlen($body) > $request->bytesMax,
        );
    }

    /**
     * @param array<string, mixed> $response
     * @return array<string, string>
     */
    private static function readHeaders(array $response): array
    {
        $headers = [];
        foreach (wp_remote_retrieve_headers($response) as $name => $value) {
            $headers[strtolower((string) $name)] = is_array($value) ? implode(', ', $value) : (string) $value;
        }
        return $headers;
    }

    private static function explain(string $message): NoAnswer
    {
        return preg_match('/cURL error 28\b|timed out/i', $message) === 1
            ? new NoAnswer('timeout', "The server did not answer in time: $message")
            : new NoAnswer('network', "The server cannot be reached: $message");
    }
}
