<?php

declare(strict_types=1);

namespace Licet\Internal;

/** Conformance suite, §Clock: a device's clock can be wrong, or set back on purpose. */
final class Clock
{
    /** How often the time is noted in the record, in seconds. */
    private const FLOOR_STEP = 3600;

    /** @param int $time the time at which the record is judged */
    private function __construct(
        public readonly int $time,
        public readonly bool $isBehind,
        public readonly int $nextFloor,
    ) {
    }

    /** @param list<int> $issues when the tokens of the record were issued */
    public static function read(int $floor, array $issues, int $now, int $builtAt): self
    {
        $floor = max($floor, $builtAt, ...$issues);
        $isBehind = $now < $floor - Verification::CLOCK_LEEWAY;
        return new self($isBehind ? $floor : $now, $isBehind, $now >= $floor + self::FLOOR_STEP ? $now : $floor);
    }
}
