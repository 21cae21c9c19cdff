<?php

declare(strict_types=1);

namespace Licet;

/** What a transport has received. */
final class Response
{
    /**
     * @param array<string, string> $headers names in lower case
     * @param bool $isCut whether the body was longer than the request allowed
     */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
        public readonly bool $isCut = false,
    ) {
    }
}
