<?php

declare(strict_types=1);

namespace Licet;

final class License
{
    /** @param string|null $expiresAt RFC 3339; null without an end */
    public function __construct(
        public readonly string $id,
        public readonly string $plan,
        public readonly Features $features,
        public readonly ?string $expiresAt,
    ) {
    }
}
