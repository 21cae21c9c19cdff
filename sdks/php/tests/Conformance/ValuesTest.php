<?php

declare(strict_types=1);

namespace Licet\Tests\Conformance;

use Licet\Fingerprint;
use Licet\Internal\Clock;
use Licet\Internal\Domains;
use Licet\Internal\Machine;
use Licet\Internal\OfflineCodes;
use Licet\Internal\Subject;
use Licet\Keys;
use Licet\MemoryStore;
use Licet\Tests\Vectors;
use Licet\WebhookError;
use Licet\Webhooks;
use PHPUnit\Framework\TestCase;
use stdClass;

final class ValuesTest extends TestCase
{
    /** @dataProvider provideKeys */
    public function testKey(string $check, stdClass $case): void
    {
        self::assertSame($check, Keys::check($case->text));
        if (isset($case->canonical)) {
            self::assertSame($case->canonical, Keys::normalize($case->text));
        }
        if ($check === 'unusable') {
            self::assertNull(Keys::normalize($case->text));
        }
    }

    public function provideKeys(): iterable
    {
        $vectors = Vectors::read('keys.json');
        $generated = array_map(fn (stdClass $case) => (object) ['text' => $case->key, 'canonical' => $case->key], $vectors->valid);
        $groups = [
            ['valid', [...$generated, ...$vectors->reads_as]],
            ['malformed', $vectors->malformed],
            ['foreign', $vectors->foreign],
            ['unusable', $vectors->unusable],
        ];
        foreach ($groups as [$check, $cases]) {
            $describe = fn (stdClass $case) => json_encode($case->text) . " is $check";
            foreach (Vectors::name('keys.json', $cases, $describe) as $name => [$case]) {
                yield $name => [$check, $case];
            }
        }
    }

    /** @dataProvider provideClocks */
    public function testClock(stdClass $case): void
    {
        $clock = Clock::read($case->floor, $case->issuedAt, $case->now, $case->builtAt ?? 0);
        $found = ['time' => $clock->time, 'behind' => $clock->isBehind, 'floor' => $clock->nextFloor];
        self::assertEquals($case->expected, (object) $found);
    }

    public function provideClocks(): iterable
    {
        return self::describe('clock.json', Vectors::read('clock.json')->cases);
    }

    /** @dataProvider provideDomains */
    public function testDomain(stdClass $case): void
    {
        $canConvert = function_exists('idn_to_ascii') || !($case->idn ?? false);
        self::assertSame($case->covered && $canConvert, Domains::covers($case->dom, $case->domain));
    }

    public function provideDomains(): iterable
    {
        $describe = fn (stdClass $case) => implode(',', $case->dom)
            . ($case->covered ? ' covers ' : ' does not cover ') . json_encode($case->domain) . " ($case->note)";
        return Vectors::name('domains.json', Vectors::read('domains.json')->cases, $describe);
    }

    /** @dataProvider provideMachines */
    public function testMachine(stdClass $case): void
    {
        self::assertSame($case->fingerprint, Fingerprint::hash($case->appId, $case->machineId));
    }

    public function provideMachines(): iterable
    {
        $describe = fn (stdClass $case) => 'the machine ' . json_encode($case->machineId) . " ($case->note)";
        return Vectors::name('fingerprints.json', Vectors::read('fingerprints.json')->machines, $describe);
    }

    /** @dataProvider provideSources */
    public function testSource(stdClass $case): void
    {
        $machine = new class ($case) extends Machine {
            public function __construct(private readonly stdClass $case)
            {
            }

            public function readVariable(string $name): ?string
            {
                return $this->case->environment;
            }

            public function findId(): ?string
            {
                return $this->case->container ? null : $this->case->machineId;
            }
        };
        $store = new MemoryStore();
        $store->put('licet-device', $case->random);
        $found = Fingerprint::find($case->appId, $store, $case->option, $machine);
        self::assertEquals($case->expected, (object) ['kind' => $found->kind, 'value' => $found->value]);
    }

    public function provideSources(): iterable
    {
        $describe = fn (stdClass $case) => $case->description;
        return Vectors::name('fingerprints.json', Vectors::read('fingerprints.json')->sources, $describe);
    }

    /** @dataProvider provideStores */
    public function testNameOfFile(stdClass $case): void
    {
        $key = Keys::normalize($case->key) ?? $case->key;
        $subject = new Subject($key, $case->product, $case->fingerprint, $case->domain);
        self::assertSame($case->name, $subject->nameRecord() . '.json');
    }

    public function provideStores(): iterable
    {
        $describe = fn (stdClass $case) => "the name of the file for $case->note";
        return Vectors::name('fingerprints.json', Vectors::read('fingerprints.json')->stores, $describe);
    }

    /** @dataProvider provideRequests */
    public function testRequestCode(stdClass $case): void
    {
        $request = $case->request;
        $values = [$request->product ?? null, $request->key, $request->fp, $request->name ?? null, $request->nonce];
        self::assertSame($case->code, OfflineCodes::encodeRequest(...$values));
        self::assertSame($case->address, "$case->server/offline#$case->code");
    }

    public function provideRequests(): iterable
    {
        $describe = fn (stdClass $case) => 'the request code of ' . json_encode($case->request);
        return Vectors::name('offline.json', Vectors::read('offline.json')->requests, $describe);
    }

    /** @dataProvider provideReturns */
    public function testReturnCode(stdClass $case): void
    {
        self::assertSame($case->code, OfflineCodes::computeReturnCode($case->ret, $case->jti));
    }

    public function provideReturns(): iterable
    {
        $describe = fn (stdClass $case) => "the return code $case->code";
        return Vectors::name('offline.json', Vectors::read('offline.json')->returns, $describe);
    }

    /** @dataProvider provideWebhooks */
    public function testWebhook(stdClass $case): void
    {
        if (!$case->expected->ok) {
            $this->expectException(WebhookError::class);
        }
        $event = Webhooks::verify($case->body, (array) $case->headers, $case->secrets, $case->now);
        self::assertEquals(json_decode($case->body), $event);
    }

    public function provideWebhooks(): iterable
    {
        return self::describe('webhooks.json', Vectors::read('webhooks.json')->cases);
    }

    /** @param list<stdClass> $cases */
    private static function describe(string $file, array $cases): iterable
    {
        return Vectors::name($file, $cases, fn (stdClass $case) => "$case->id: $case->description");
    }
}
