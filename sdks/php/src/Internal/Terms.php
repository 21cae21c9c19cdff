<?php

declare(strict_types=1);

namespace Licet\Internal;

/** By what the judge decides, besides the record, the time and the verdict. */
final class Terms
{
    /**
     * @param list<string> $publicKeys without any, nothing signed is read; with some, nothing else
     * @param int $refresh when an unsigned answer is to be refreshed, in seconds
     * @param int $hardLimit for how many seconds an unsigned answer is used at most
     * @param int $builtAt no clock that shows an earlier time is right
     */
    public function __construct(
        public readonly array $publicKeys = [],
        public readonly ?string $product = null,
        public readonly ?string $fingerprint = null,
        public readonly ?string $domain = null,
        public readonly int $refresh = 86_400,
        public readonly int $hardLimit = 2_592_000,
        public readonly int $builtAt = 0,
    ) {
    }
}
