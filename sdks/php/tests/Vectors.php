<?php

declare(strict_types=1);

namespace Licet\Tests;

use Licet\Internal\Json;
use PHPUnit\Framework\Assert;
use stdClass;

/** The test cases of the conformance suite. */
final class Vectors
{
    private const MAJOR_VERSION = '1';

    public static function findSuite(): string
    {
        return getenv('LICET_CONFORMANCE') ?: dirname(__DIR__, 2) . '/conformance';
    }

    /** Reads a file of test cases. Throws if it is for another major version of the suite. */
    public static function read(string $name): stdClass
    {
        $vectors = json_decode((string) file_get_contents(self::findSuite() . "/vectors/$name"), flags: JSON_THROW_ON_ERROR);
        $version = $vectors->version ?? self::MAJOR_VERSION;
        if (explode('.', $version)[0] !== self::MAJOR_VERSION) {
            throw new \RuntimeException("$name is of version $version of the suite.");
        }
        return $vectors;
    }

    /**
     * Returns the cases with their names, for a data provider.
     *
     * @param list<stdClass> $cases
     * @return iterable<string, array{stdClass}>
     */
    public static function name(string $file, array $cases, callable $describe): iterable
    {
        foreach ($cases as $case) {
            $name = "$file: " . $describe($case);
            $names[$name] = ($names[$name] ?? 0) + 1;
            yield $names[$name] > 1 ? "$name (again, $names[$name])" : $name => [$case];
        }
    }

    /**
     * Compares what `expected` contains. A member that is null there must be null or absent. Below the
     * members `state` and `verdict`, an object must have no other members.
     */
    public static function assertMatches(stdClass $expected, mixed $actual, string $path = ''): void
    {
        $found = json_decode(Json::encode($actual));
        foreach (get_object_vars($expected) as $name => $value) {
            $own = $found->{$name} ?? null;
            if ($value instanceof stdClass && in_array($name, ['state', 'verdict'], true)) {
                self::assertMatches($value, $own, "$path/$name");
            } else {
                Assert::assertEquals(self::dropNull($value), self::dropNull($own), "$path/$name");
            }
        }
    }

    private static function dropNull(mixed $value): mixed
    {
        if (is_array($value)) {
            return array_map(self::dropNull(...), $value);
        }
        if (!$value instanceof stdClass) {
            return $value;
        }
        $members = array_filter(get_object_vars($value), fn (mixed $member) => $member !== null);
        return (object) array_map(self::dropNull(...), $members);
    }
}
