<?php

declare(strict_types=1);

namespace Licet\Laravel;

use Illuminate\Contracts\Cache\LockProvider;
use Illuminate\Contracts\Cache\LockTimeoutException;
use Illuminate\Contracts\Cache\Repository;
use Licet\LockingStore;

/** Keeps licenses in a cache of Laravel, for apps that run on several machines. */
final class CacheStore implements LockingStore
{
    private const LOCK_SECONDS = 10;
    private const WAIT_SECONDS = 3;

    public function __construct(private readonly Repository $cache)
    {
    }

    public function get(string $name): ?string
    {
        $text = $this->cache->get($name);
        return is_string($text) ? $text : null;
    }

    public function put(string $name, string $text): void
    {
        if (!$this->cache->forever($name, $text)) {
            throw new \RuntimeException('The cache has not stored the license.');
        }
    }

    public function delete(string $name): void
    {
        $this->cache->forget($name);
    }

    public function locked(string $name, callable $change): mixed
    {
        $store = $this->cache->getStore();
        if (!$store instanceof LockProvider) {
            return $change();
        }
        $lock = $store->lock("$name-lock", self::LOCK_SECONDS);
        try {
            $lock->block(self::WAIT_SECONDS);
        } catch (LockTimeoutException) {
            // Without a lock, the last of two changes wins. That is better than none.
            return $change();
        }
        try {
            return $change();
        } finally {
            $lock->release();
        }
    }
}
