<?php

declare(strict_types=1);

namespace Licet;

/** A store that many processes change: one change at a time, so that none is lost. */
interface LockingStore extends Store
{
    /**
     * Calls `$change` while no other process changes the record of this name, and returns what it returns.
     *
     * @template T
     * @param callable(): T $change
     * @return T
     */
    public function locked(string $name, callable $change): mixed;
}
