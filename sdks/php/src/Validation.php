<?php

declare(strict_types=1);

namespace Licet;

use stdClass;

/** A server's answer. A refusal is one, too. */
final class Validation implements \JsonSerializable
{
    /**
     * @param License|null $license only if it is valid
     * @param list<string> $warnings such as `EXPIRES_SOON`
     * @param string|null $error only if it is not valid, such as `LICENSE_EXPIRED`
     * @param stdClass|null $details facts behind the error, such as `{"limit": 3, "used": 3}`
     */
    public function __construct(
        public readonly bool $valid,
        public readonly ?License $license = null,
        public readonly array $warnings = [],
        public readonly ?string $error = null,
        public readonly ?string $message = null,
        public readonly ?stdClass $details = null,
    ) {
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return array_filter(get_object_vars($this), fn (mixed $value) => $value !== null);
    }
}
