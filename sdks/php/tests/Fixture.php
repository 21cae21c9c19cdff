<?php

declare(strict_types=1);

namespace Licet\Tests;

use stdClass;

/** The server of the conformance suite that plays scenarios. */
final class Fixture
{
    private static ?self $running = null;

    /** @param resource $process */
    private function __construct(
        public readonly string $url,
        private $process,
    ) {
    }

    public static function start(): self
    {
        if (self::$running === null) {
            $command = ['bun', Vectors::findSuite() . '/fixture.ts'];
            $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], STDERR], $pipes);
            $line = json_decode((string) fgets($pipes[1]));
            self::$running = new self($line->url, $process);
            register_shutdown_function(fn () => proc_terminate(self::$running->process));
        }
        return self::$running;
    }

    public function buildUrl(string $scenario): string
    {
        return "$this->url/s/" . rawurlencode($scenario) . '/' . bin2hex(random_bytes(8));
    }

    /** @return list<stdClass> */
    public static function readLog(string $url): array
    {
        return json_decode((string) file_get_contents("$url/log"))->requests;
    }
}
