<?php

declare(strict_types=1);

namespace Licet;

/** The result of a check. Times are RFC 3339 in UTC. */
final class State implements \JsonSerializable
{
    /** Whether the app may run: the status is `Licensed` or `Grace`. */
    public readonly bool $allowed;

    /**
     * @param string|null $code why it is refused or unknown, such as `LICENSE_EXPIRED` or `NO_ANSWER`
     * @param License|null $license only if it is allowed
     * @param list<string> $warnings such as `EXPIRES_SOON`
     * @param string|null $staleSince since when a confirmation is due; only in grace
     * @param string|null $refreshAfter when the next refresh is due
     * @param string|null $validUntil until when it stays allowed without any answer
     */
    public function __construct(
        public readonly Status $status,
        public readonly Source $source,
        public readonly ?string $code = null,
        public readonly ?string $message = null,
        public readonly ?License $license = null,
        public readonly array $warnings = [],
        public readonly ?string $staleSince = null,
        public readonly ?string $refreshAfter = null,
        public readonly ?string $validUntil = null,
    ) {
        $this->allowed = $status === Status::Licensed || $status === Status::Grace;
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return array_filter(get_object_vars($this), fn (mixed $value) => $value !== null);
    }
}
