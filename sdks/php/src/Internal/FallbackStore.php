<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\LockingStore;
use Licet\Store;
use Throwable;

/** Keeps working when a store does not: what cannot be written stays in memory. Each failure is reported. */
final class FallbackStore implements LockingStore
{
    private const UNWRITTEN_MAX = 1000;

    /** @var array<string, ?string> null for what could not be deleted */
    private array $unwritten = [];
    /** @var list<Throwable> failures while a record is locked: an app that is told may check the license again */
    private array $failures = [];
    private int $lockCount = 0;

    /** @param \Closure(Throwable): void $report */
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
        } catch (Throwable $failure) {
            $this->note($failure);
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
        $this->lockCount++;
        try {
            return $this->store instanceof LockingStore ? $this->runLocked($this->store, $name, $change) : $change();
        } finally {
            $this->lockCount--;
            $this->reportNoted();
        }
    }

    /** Runs the change once, also if the store cannot lock or unlock. */
    private function runLocked(LockingStore $store, string $name, callable $change): mixed
    {
        $result = null;
        $isStarted = $isDone = false;
        try {
            $store->locked($name, function () use ($change, &$result, &$isStarted, &$isDone): void {
                $isStarted = true;
                $result = $change();
                $isDone = true;
            });
        } catch (Throwable $failure) {
            if ($isStarted && !$isDone) {
                throw $failure;
            }
            $this->note($failure);
        }
        return $isDone ? $result : $change();
    }

    /** @param callable(): void $change */
    private function write(string $name, ?string $text, callable $change): void
    {
        try {
            $change();
            unset($this->unwritten[$name]);
        } catch (Throwable $failure) {
            $this->unwritten = count($this->unwritten) < self::UNWRITTEN_MAX ? $this->unwritten : [];
            $this->unwritten[$name] = $text;
            $this->note($failure);
        }
    }

    private function note(Throwable $failure): void
    {
        $this->failures[] = $failure;
        $this->reportNoted();
    }

    private function reportNoted(): void
    {
        while ($this->lockCount === 0 && $this->failures !== []) {
            ($this->report)(array_shift($this->failures));
        }
    }
}
