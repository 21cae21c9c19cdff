<?php

declare(strict_types=1);

namespace Licet\Tests\Unit;

use Licet\FileStore;
use Licet\Licet;
use Licet\LockingStore;
use Licet\MemoryStore;
use Licet\Psr16Store;
use Licet\Status;
use Licet\Store;
use PHPUnit\Framework\TestCase;
use Psr\SimpleCache\CacheInterface;

final class StoreTest extends TestCase
{
    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/licet-' . bin2hex(random_bytes(8)) . '/app';
    }

    protected function tearDown(): void
    {
        array_map('unlink', glob("$this->directory/*") ?: []);
        @rmdir($this->directory);
        @rmdir(dirname($this->directory));
    }

    public function testAFileIsReadableByItsOwnerOnlyAndReplacedAsAWhole(): void
    {
        $store = new FileStore($this->directory);
        self::assertNull($store->get('licet-1'));
        $store->put('licet-1', 'first');
        $store->put('licet-1', 'second');
        self::assertSame('second', $store->get('licet-1'));
        self::assertSame(0600, fileperms("$this->directory/licet-1.json") & 0777);
        self::assertSame(0700, fileperms($this->directory) & 0777);
        self::assertSame(["$this->directory/licet-1.json"], glob("$this->directory/*"));
        $store->delete('licet-1');
        $store->delete('licet-1');
        self::assertNull($store->get('licet-1'));
    }

    public function testOneProcessAtATimeChangesARecord(): void
    {
        $store = new FileStore($this->directory);
        $store->put('count', '0');
        $children = [];
        for ($child = 0; $child < 4; $child++) {
            $code = 'require $argv[1]; $s = new Licet\FileStore($argv[2]); for ($i = 0; $i < 50; $i++)'
                . ' $s->locked("count", fn () => $s->put("count", (string) (1 + (int) $s->get("count"))));';
            $command = [PHP_BINARY, '-r', $code, dirname(__DIR__) . '/bootstrap.php', $this->directory];
            $children[] = proc_open($command, [], $pipes);
        }
        self::assertSame([0, 0, 0, 0], array_map('proc_close', $children));
        self::assertSame('200', $store->get('count'));
    }

    public function testAStoreThatFailsIsReportedAndReplacedByMemory(): void
    {
        $problems = [];
        $store = new class implements Store {
            public function get(string $name): ?string
            {
                throw new \RuntimeException('The database is away.');
            }

            public function put(string $name, string $text): void
            {
                throw new \RuntimeException('The database is away.');
            }

            public function delete(string $name): void
            {
                throw new \RuntimeException('The database is away.');
            }
        };
        $licet = new Licet(
            url: 'http://127.0.0.1:9',
            appId: 'com.example.test',
            fingerprint: 'device-1',
            store: $store,
            onProblem: function (\Throwable $problem) use (&$problems): void {
                $problems[] = $problem->getMessage();
            },
        );
        self::assertSame(Status::Unknown, $licet->check()->status);
        self::assertSame(['The database is away.'], array_values(array_unique($problems)));
    }

    public function testAFailureIsReportedWhenTheRecordIsNoLongerLocked(): void
    {
        $store = new FileStore($this->directory);
        $store->put('licet-device', str_repeat('0', 32));
        $name = 'licet-' . substr(hash('sha256', "\n\ndevice-1\n"), 0, 16);
        mkdir("$this->directory/$name.json");
        $codes = [];
        $licet = null;
        $licet = new Licet(
            url: 'http://127.0.0.1:9',
            appId: 'com.example.test',
            fingerprint: 'device-1',
            store: $store,
            onProblem: function () use (&$licet, &$codes): void {
                $codes[] = count($codes) < 2 ? $licet?->check()->code : '';
            },
        );
        self::assertSame('NO_ANSWER', $licet->check()->code);
        self::assertContains('NO_ANSWER', $codes);
        rmdir("$this->directory/$name.json");
    }

    public function testAStoreThatCannotLockIsUsedWithoutALock(): void
    {
        foreach ([true, false] as $isBefore) {
            $store = new class ($isBefore) implements LockingStore {
                /** @var array<string, string> */
                public array $texts = [];

                public function __construct(private readonly bool $isBefore)
                {
                }

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

                public function locked(string $name, callable $change): mixed
                {
                    $this->isBefore || $change();
                    throw new \RuntimeException('The cache is away.');
                }
            };
            $licet = new Licet('http://127.0.0.1:9', 'com.example.test', fingerprint: 'device-1', store: $store);
            self::assertSame('NO_ANSWER', $licet->check()->code);
            self::assertCount(1, $store->texts);
        }
    }

    public function testAPsr16CacheIsAStore(): void
    {
        if (!interface_exists(CacheInterface::class)) {
            require_once 'Psr/SimpleCache/autoload.php';
        }
        $cache = $this->createMock(CacheInterface::class);
        $cache->method('get')->willReturnMap([['app-licet-1', null, 'text'], ['app-licet-2', null, null]]);
        $cache->method('set')->willReturn(false);
        $store = new Psr16Store($cache, 'app-');
        self::assertSame('text', $store->get('licet-1'));
        self::assertNull($store->get('licet-2'));
        $this->expectExceptionMessage('The cache has not stored the license.');
        $store->put('licet-1', 'text');
    }

    public function testADamagedRecordIsAnEmptyOne(): void
    {
        $store = new MemoryStore();
        $licet = new Licet('http://127.0.0.1:9', 'com.example.test', fingerprint: false, store: $store);
        foreach (['', '{', '[]', 'null', '{"v":2}', '{"v":1,"lease":5,"feed":[],"floor":-1,"answer":{"at":"x"}}'] as $text) {
            $store->put('licet-' . substr(hash('sha256', "\n\n\n"), 0, 16), $text);
            self::assertSame('NO_ANSWER', $licet->check()->code);
        }
    }
}
