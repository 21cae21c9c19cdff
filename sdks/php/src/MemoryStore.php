<?php

declare(strict_types=1);

namespace Licet;

/** Lasts as long as the process: for tests, and for workers that may ask the server at each start. */
final class MemoryStore implements Store
{
    /** @var array<string, string> */
    private array $texts = [];

    public function get(string $name): ?string
    {
        return $this->texts[$name] ?? null;
    }

    public function put(string $name, string $text): void
    {
        $this->texts[$name] = $text;
    }

    public function delete(string $name): void
    {
        unset($this->texts[$name]);
    }
}
