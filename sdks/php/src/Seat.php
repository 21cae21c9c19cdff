<?php

declare(strict_types=1);

namespace Licet;

/** A floating seat. Renew it before it expires. */
final class Seat
{
    /**
     * @param string $expiresAt RFC 3339
     * @param int $seconds how long it lasted when it was granted, by the clock of the server
     */
    public function __construct(
        public readonly string $id,
        public readonly string $expiresAt,
        public readonly int $seconds,
    ) {
    }
}
