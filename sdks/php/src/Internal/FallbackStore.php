<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\LockingStore;
use Licet\Store;

/** Keeps working when a store does not: what cannot be written stays in memory. Each failure is reported. */
final class FallbackStore implements LockingStore
{
    /** @var array<string, ?string> null for what could not be deleted */
    private array $unwritten = [];

    /** @param \Closure(\Throwable): void $report */
    public function __construct(
        private readonly Store $store,
        private readonly \Closure $report,
    ) {
    }

    public function get(string $name): ?string
    {
        if (array_key_exists($name, $this->unwritten)) {
            return $this->unwritten[$name];
        }
        try {
            return $this->store->get($name);
        } catch (\Throwable $error) {
            ($this->report)($error);
            return null;
        }
    }

    public function put(string $name, string $text): void
    {
        $this->write($name, $text, fn () => $this->store->put($name, $text));
    }

    public function delete(string $name): void
    {
        $this->write($name, null, fn () => $this->store->delete($name));
    }

    public function locked(string $name, callable $change): mixed
    {
        return $this->store instanceof LockingStore ? $this->store->locked($name, $change) : $change();
    }

    /** @param callable(): void $change */
    private function write(string $name, ?string $text, callable $change): void
    {
        try {
            $change();
            unset($this->unwritten[$name]);
        } catch (\Throwable $error) {
            $this->unwritten[$name] = $text;
            ($this->report)($error);
        }
    }
}
