<?php

declare(strict_types=1);

namespace Licet;

/** A domain or device that uses a license. */
final class Activation
{
    /**
     * @param string $kind `domain` or `device`
     * @param string $value the normalized domain, or the fingerprint
     * @param string $createdAt RFC 3339
     */
    public function __construct(
        public readonly string $id,
        public readonly string $kind,
        public readonly string $value,
        public readonly ?string $name,
        public readonly string $createdAt,
    ) {
    }
}
