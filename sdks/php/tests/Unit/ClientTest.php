<?php

declare(strict_types=1);

namespace Licet\Tests\Unit;

use Licet\Features;
use Licet\Internal\Domains;
use Licet\Keys;
use Licet\Licet;
use Licet\LicetProblem;
use Licet\MemoryStore;
use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\SeatHold;
use Licet\Status;
use Licet\Tests\Fixture;
use Licet\Tests\Vectors;
use Licet\Transport;
use Licet\Version;
use Licet\Webhooks;
use PHPUnit\Framework\TestCase;
use stdClass;

final class ClientTest extends TestCase
{
    public function testAnOptionThatIsWrongIsNamed(): void
    {
        $wrong = [
            'url' => ['url' => 'licenses.example.com'],
            'appId' => ['appId' => '../app'],
            'publicKeys[0]' => ['publicKeys' => ['KVsK…']],
            'timeout' => ['timeout' => 0.0],
        ];
        foreach ($wrong as $name => $option) {
            try {
                new Licet(...[...['url' => 'https://licenses.example.com', 'appId' => 'app'], ...$option]);
                self::fail($name);
            } catch (\InvalidArgumentException $error) {
                self::assertStringStartsWith($name, $error->getMessage());
            }
        }
    }

    public function testAPublicKeyOfSmallOrderIsRefused(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        new Licet('https://licenses.example.com', 'app', publicKeys: [str_repeat('A', 43)]);
    }

    public function testEmptyFeaturesStayAnObject(): void
    {
        $features = new Features(new stdClass());
        self::assertSame('{}', json_encode($features));
        self::assertFalse(isset($features['sso']));
        self::assertNull($features['sso']);
        self::assertCount(0, $features);
    }

    public function testFeaturesAreReadLikeAnArrayAndCannotBeChanged(): void
    {
        $features = new Features((object) ['sso' => true, 'projects' => 5, 'audit' => false, 'seats' => 0]);
        self::assertSame(5, $features['projects']);
        self::assertSame([true, true, false, false, false], array_map($features->has(...), ['sso', 'projects', 'audit', 'seats', 'none']));
        self::assertSame(['sso', 'projects', 'audit', 'seats'], array_keys(iterator_to_array($features)));
        $this->expectException(\LogicException::class);
        $features['sso'] = false;
    }

    public function testARefreshInTheBackgroundRunsWhenTheClientIsAskedToAndOnceAMinute(): void
    {
        $works = [];
        $store = new MemoryStore();
        $url = Fixture::start()->buildUrl('refresh-fails');
        $start = function () use ($url, $store, &$works): Licet {
            return new Licet(
                url: $url,
                appId: 'com.example.test',
                key: 'TO-7Q4M-X0ZD-9KTB-2F17',
                product: 'acme-editor',
                fingerprint: 'device-1',
                publicKeys: Vectors::read('http.json')->publicKeys,
                store: $store,
                background: function (callable $work) use (&$works): void {
                    $works[] = $work;
                },
            );
        };
        $licet = $start();
        $licet->check();
        self::assertSame(Status::Licensed, $licet->check()->status);
        self::assertCount(1, $works);
        self::assertCount(1, Fixture::readLog($url));
        $works[0]();
        self::assertCount(2, Fixture::readLog($url));
        // Also another process, such as that of the next web request, waits.
        self::assertTrue($start()->check()->allowed);
        self::assertCount(1, $works);
    }

    public function testARefreshIsMadeAfterTheEndOfTheProgram(): void
    {
        $url = Fixture::start()->buildUrl('refresh-in-background');
        $code = 'require $argv[1]; $l = new Licet\Licet($argv[2], "app", "TO-7Q4M-X0ZD-9KTB-2F17", "acme-editor",'
            . ' explode(",", $argv[3]), fingerprint: "device-1", store: new Licet\MemoryStore()); $l->check();'
            . ' echo $l->check()->source->value; register_shutdown_function(fn () => print(" end"));';
        $keys = implode(',', Vectors::read('http.json')->publicKeys);
        $command = [PHP_BINARY, '-r', $code, dirname(__DIR__) . '/bootstrap.php', $url, $keys];
        $output = shell_exec(implode(' ', array_map('escapeshellarg', $command)));
        self::assertSame('lease end', $output);
        self::assertCount(2, Fixture::readLog($url));
    }

    public function testASeatIsRenewedInTheLoopAcquiredAgainAndGivenBack(): void
    {
        $end = gmdate('Y-m-d\TH:i:s\Z', time() + 1);
        $seat = json_encode(['id' => 'seat_1', 'expires_at' => $end]);
        $missing = json_encode(['code' => 'SEAT_NOT_FOUND', 'detail' => 'There is no such seat.']);
        $transport = $this->script([[200, $seat], [503, ''], [404, $missing], [200, $seat], [200, '{}']]);
        $problems = 0;
        $licet = new Licet(
            url: 'https://licenses.example.com',
            appId: 'app',
            key: 'TO-7Q4M-X0ZD-9KTB-2F17',
            fingerprint: 'device-1',
            store: new MemoryStore(),
            transport: $transport,
            onProblem: function () use (&$problems): void {
                $problems++;
            },
        );
        $result = $licet->seats->hold(function (SeatHold $hold) use ($transport): string {
            while (count($transport->paths) < 4) {
                $hold->keep();
                usleep(5_000);
            }
            return $hold->seat()->id;
        });
        self::assertSame('seat_1', $result);
        self::assertSame(1, $problems);
        $paths = ['/seats/acquire', '/seats/renew', '/seats/renew', '/seats/acquire', '/seats/release'];
        self::assertSame($paths, $transport->paths);
    }

    public function testAHoldEndsWhenTheServerGrantsNoSeat(): void
    {
        $seat = json_encode(['id' => 'seat_1', 'expires_at' => gmdate('Y-m-d\TH:i:s\Z')]);
        $transport = $this->script([[200, $seat], [409, '{"code":"SEAT_LIMIT_REACHED"}']]);
        $licet = new Licet('https://licenses.example.com', 'app', 'TO-7Q4M-X0ZD-9KTB-2F17', fingerprint: 'device-1', store: new MemoryStore(), transport: $transport);
        $hold = $licet->seats->hold();
        usleep(210_000);
        try {
            $hold->keep();
            self::fail('The seat is kept.');
        } catch (LicetProblem $problem) {
            self::assertSame('SEAT_LIMIT_REACHED', $problem->code);
        }
        unset($hold);
        self::assertSame(['/seats/acquire', '/seats/renew'], $transport->paths);
    }

    public function testATransportThatThrowsIsNoAnswer(): void
    {
        $transport = new class implements Transport {
            public function send(Request $request): Response
            {
                throw new \DomainException('The event loop has stopped.');
            }
        };
        $licet = new Licet('https://licenses.example.com', 'app', 'any-key-of-a-test', fingerprint: 'device-1', store: new MemoryStore(), transport: $transport, pause: fn () => null);
        self::assertSame('NO_ANSWER', $licet->check()->code);
        $this->expectException(NoAnswer::class);
        $licet->validate();
    }

    public function testANumberThatNoRecordCanHoldIsNoAnswer(): void
    {
        $deep = str_repeat('[', 990) . str_repeat(']', 990);
        foreach (['1e999' => 'NO_ANSWER', $deep => null, "[$deep$deep]" => 'NO_ANSWER'] as $value => $code) {
            $license = '{"id":"lic_1","plan":"pro","expiresAt":null,"features":{"x":' . $value . '}}';
            $transport = $this->script([[200, '{"valid":true,"license":' . $license . ',"warnings":[]}']]);
            $licet = new Licet('https://licenses.example.com', 'app', 'any-key-of-a-test', fingerprint: 'device-1', store: new MemoryStore(), transport: $transport, pause: fn () => null);
            self::assertSame($code, $licet->check()->code);
        }
    }

    public function testHeadersOfAWebhookMayComeFromTheServerVariables(): void
    {
        $secret = 'whsec_' . base64_encode('a secret of a test');
        $signature = base64_encode(hash_hmac('sha256', 'evt_1.1800000000.{"id":"evt_1"}', 'a secret of a test', true));
        $headers = ['webhook-id' => 'evt_1', 'webhook-timestamp' => '1800000000', 'webhook-signature' => "v1,$signature"];
        $server = $psr7 = [];
        foreach ($headers as $name => $value) {
            $server['HTTP_' . strtoupper(strtr($name, '-', '_'))] = $value;
            $psr7[$name] = [$value];
        }
        foreach ([$headers, $server, $psr7] as $each) {
            self::assertSame('evt_1', Webhooks::verify('{"id":"evt_1"}', $each, $secret, 1_800_000_000)->id);
        }
    }

    public function testAnAddressWithMoreAroundItIsNoDomain(): void
    {
        $wrong = ['www.127.0.0.1', '256.1.1.1', '127.0.0.1.5', '127.0.0.1:65536', '[127.0.0.1]', '[::1', '::1]', 'a:b', 'a..b'];
        foreach ($wrong as $domain) {
            self::assertFalse(Domains::covers(['127.0.0.1', '::1', 'a', 'a.b', '*.0.0.1', '*.1'], $domain), $domain);
        }
        self::assertTrue(Domains::covers(['127.0.0.1'], '127.0.0.1:65535'));
    }

    public function testATextThatIsNotUtf8IsNoKey(): void
    {
        self::assertSame('unusable', Keys::check("TO-04HM-ASW9-NF6Y-Y0CN\xff"));
    }

    public function testTheUserAgentHasTheVersionOfTheChangelog(): void
    {
        self::assertStringContainsString("\n## " . Version::NUMBER . "\n", (string) file_get_contents(dirname(__DIR__, 2) . '/CHANGELOG.md'));
    }

    /** @param list<array{int, string}> $replies */
    private function script(array $replies): Transport
    {
        return new class ($replies) implements Transport {
            /** @var list<string> */
            public array $paths = [];

            /** @param list<array{int, string}> $replies */
            public function __construct(private array $replies)
            {
            }

            public function send(Request $request): Response
            {
                $this->paths[] = (string) preg_replace('~\A.*/api/v1~', '', $request->url);
                [$status, $body] = array_shift($this->replies) ?? [500, ''];
                return new Response($status, [], $body);
            }
        };
    }
}
