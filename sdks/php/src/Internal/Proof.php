<?php

declare(strict_types=1);

namespace Licet\Internal;

/** The request that an answer must belong to. Null is not compared. */
final class Proof
{
    public function __construct(
        public readonly ?string $nonce = null,
        public readonly ?string $requestBody = null,
        public readonly ?string $route = null,
    ) {
    }
}
