<?php

declare(strict_types=1);

namespace Licet\Laravel\Testing;

use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Transport;

/** Answers in place of a server. */
final class FakeTransport implements Transport
{
    /** @param array<string, mixed>|null $verdict */
    private function __construct(private readonly ?array $verdict)
    {
    }

    /** @param array<string, bool|int|float|string> $features */
    public static function grant(array $features): self
    {
        $license = ['id' => 'lic_test', 'plan' => 'test', 'features' => (object) $features, 'expiresAt' => null];
        return new self(['valid' => true, 'license' => $license, 'warnings' => []]);
    }

    /** @param string|null $code null: there is no answer */
    public static function refuse(?string $code, string $message): self
    {
        return new self($code === null ? null : ['valid' => false, 'error' => $code, 'message' => $message]);
    }

    public function send(Request $request): Response
    {
        if ($this->verdict === null) {
            throw new NoAnswer('network', 'The server of the test is away.');
        }
        return new Response(200, [], json_encode($this->verdict, JSON_THROW_ON_ERROR));
    }
}
