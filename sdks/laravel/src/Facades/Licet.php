<?php

declare(strict_types=1);

namespace Licet\Laravel\Facades;

use Illuminate\Support\Facades\Facade;
use Licet\Laravel\Testing\FakeTransport;
use Licet\Licet as Client;
use Licet\MemoryStore;

/**
 * @method static \Licet\State check(array $features = [], bool $fresh = false, ?string $key = null)
 * @method static \Licet\Validation validate(?string $key = null, ?string $domain = null)
 * @method static \Licet\Activation activate(?string $name = null, ?string $key = null, ?string $domain = null)
 * @method static \Licet\Activation deactivate(?string $key = null, ?string $domain = null)
 * @method static \Licet\State importFile(string $text, array $features = [])
 * @method static \Licet\State importRevocations(string $text)
 * @method static \Licet\OfflineRequest createOfflineRequest(?string $name = null)
 * @method static string returnFile()
 *
 * @see Client
 */
final class Licet extends Facade
{
    /**
     * Replaces the server in a test: every license is valid, and has these features.
     *
     * @param array<string, bool|int|float|string> $features
     */
    public static function fake(array $features = []): void
    {
        self::swap(self::createFake(FakeTransport::grant($features)));
    }

    /** Replaces the server in a test: it refuses every license, or with `null` it does not answer. */
    public static function fakeRefusal(
        ?string $code = 'LICENSE_EXPIRED',
        string $message = 'The license has expired.',
    ): void {
        self::swap(self::createFake(FakeTransport::refuse($code, $message)));
    }

    protected static function getFacadeAccessor(): string
    {
        return Client::class;
    }

    private static function createFake(FakeTransport $transport): Client
    {
        return new Client(
            url: 'https://licenses.example.com',
            appId: 'test',
            key: 'the-license-key-of-a-test',
            fingerprint: 'the-device-of-a-test',
            store: new MemoryStore(),
            transport: $transport,
            background: fn () => null,
            pause: fn () => null,
        );
    }
}
