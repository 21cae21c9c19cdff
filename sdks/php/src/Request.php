<?php

declare(strict_types=1);

namespace Licet;

/** What a transport sends. */
final class Request
{
    /**
     * @param array<string, string> $headers
     * @param float $timeout for the connection and the whole response, in seconds
     * @param int $bytesMax of the body of the response
     */
    public function __construct(
        public readonly string $method,
        public readonly string $url,
        public readonly array $headers,
        public readonly ?string $body,
        public readonly float $timeout,
        public readonly int $bytesMax,
    ) {
    }
}
