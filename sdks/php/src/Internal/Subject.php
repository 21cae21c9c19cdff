<?php

declare(strict_types=1);

namespace Licet\Internal;

/** The subject of a call and of its record. */
final class Subject
{
    public function __construct(
        public readonly ?string $key,
        public readonly ?string $product,
        public readonly ?string $fingerprint,
        public readonly ?string $domain,
    ) {
    }

    /** Returns the name under which the record is stored. */
    public function nameRecord(): string
    {
        $text = implode("\n", [$this->key, $this->product, $this->fingerprint, $this->domain]);
        return 'licet-' . substr(hash('sha256', $text), 0, 16);
    }

    /** Returns the license key, without which nothing can be asked. */
    public function requireKey(): string
    {
        return $this->key ?? throw new \InvalidArgumentException(
            'This needs a license key: pass `key` to the client or to the call.',
        );
    }
}
