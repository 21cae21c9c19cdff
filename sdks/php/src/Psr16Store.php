<?php

declare(strict_types=1);

namespace Licet;

use Psr\SimpleCache\CacheInterface;

/** Keeps records in a PSR-16 cache. Use one that outlives a restart: what it loses, an outage cannot replace. */
final class Psr16Store implements Store
{
    public function __construct(
        private readonly CacheInterface $cache,
        private readonly string $prefix = '',
    ) {
    }

    public function get(string $name): ?string
    {
        $text = $this->cache->get($this->prefix . $name);
        return is_string($text) ? $text : null;
    }

    public function put(string $name, string $text): void
    {
        if (!$this->cache->set($this->prefix . $name, $text)) {
            throw new \RuntimeException('The cache has not stored the license.');
        }
    }

    public function delete(string $name): void
    {
        $this->cache->delete($this->prefix . $name);
    }
}
