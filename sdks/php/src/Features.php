<?php

declare(strict_types=1);

namespace Licet;

use stdClass;

/**
 * The features of a license, such as `['sso' => true, 'projects' => 5]`. As JSON it is always an object,
 * also if it is empty.
 *
 * @implements \ArrayAccess<string, bool|int|float|string|null>
 * @implements \IteratorAggregate<string, bool|int|float|string>
 */
final class Features implements \ArrayAccess, \Countable, \IteratorAggregate, \JsonSerializable
{
    private readonly stdClass $values;

    public function __construct(stdClass $values)
    {
        $this->values = clone $values;
    }

    /** Whether the feature is there, and neither `false` nor 0. */
    public function has(string $name): bool
    {
        return property_exists($this->values, $name) && !in_array($this->values->{$name}, [false, 0, 0.0], true);
    }

    /** @return array<string, mixed> */
    public function all(): array
    {
        return get_object_vars($this->values);
    }

    /** Whether the license has a value for it, which may be `false`. */
    public function offsetExists(mixed $offset): bool
    {
        return property_exists($this->values, (string) $offset);
    }

    /** Returns null for a feature that the license does not have. */
    public function offsetGet(mixed $offset): mixed
    {
        return $this->values->{$offset} ?? null;
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        throw new \LogicException('The features of a license cannot be changed.');
    }

    public function offsetUnset(mixed $offset): void
    {
        throw new \LogicException('The features of a license cannot be changed.');
    }

    public function count(): int
    {
        return count($this->all());
    }

    public function getIterator(): \Traversable
    {
        return new \ArrayIterator($this->all());
    }

    public function jsonSerialize(): stdClass
    {
        return $this->values;
    }
}
