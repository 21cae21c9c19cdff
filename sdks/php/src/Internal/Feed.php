<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\TokenError;
use stdClass;

/** The revocation feed as far as it was imported. */
final class Feed implements \JsonSerializable
{
    /**
     * @param array<int> $revoked times by the ID of a license or an activation
     * @param array<int> $keys times by the ID of a key
     */
    public function __construct(
        public readonly int $to,
        public readonly array $revoked,
        public readonly array $keys,
    ) {
    }

    /** Returns null if the value is not a stored feed. */
    public static function parse(mixed $value): ?self
    {
        if (!$value instanceof stdClass || !Claims::isCount($value->to ?? null)) {
            return null;
        }
        $times = [];
        foreach (['revoked', 'keys'] as $name) {
            $map = $value->{$name} ?? null;
            if (!$map instanceof stdClass) {
                return null;
            }
            foreach (get_object_vars($map) as $time) {
                if (!Claims::isTime($time)) {
                    return null;
                }
            }
            $times[$name] = array_map('intval', get_object_vars($map));
        }
        return new self((int) $value->to, $times['revoked'], $times['keys']);
    }

    /**
     * Returns the feed with the entries of a newer one. An older one changes nothing.
     *
     * @throws TokenError if entries between the two are missing
     */
    public static function merge(?self $stored, stdClass $claims): self
    {
        if ($stored !== null && $claims->to < $stored->to) {
            return $stored;
        }
        if ($claims->from > ($stored->to ?? 0)) {
            throw new TokenError('FEED_GAP');
        }
        $revoked = $claims->from === 0 ? [] : $stored->revoked ?? [];
        $keys = $stored->keys ?? [];
        foreach ($claims->revoked as [$id, $time]) {
            $revoked[$id] = (int) $time;
        }
        foreach ($claims->keys as [$kid, $time]) {
            $keys[$kid] = (int) $time;
        }
        return new self($claims->to, $revoked, $keys);
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return ['to' => $this->to, 'revoked' => (object) $this->revoked, 'keys' => (object) $this->keys];
    }
}
