<?php

declare(strict_types=1);

namespace Licet\Live;

use Licet\Admin\CallOptions;
use Licet\Licet;
use Licet\LicetAdmin;
use Licet\LicetProblem;
use Licet\MemoryStore;
use Licet\Seat;
use Licet\SeatHold;
use Licet\State;
use Licet\Status;
use PHPUnit\Framework\TestCase;
use stdClass;

/** Uses the installed package with the server of LICET_URL and LICET_TOKEN. */
final class LiveTest extends TestCase
{
    private const NOWHERE = 'http://127.0.0.1:9';

    private static LicetAdmin $admin;
    private static string $url;
    private static string $plan;
    /** @var list<string> */
    private static array $publicKeys;

    public static function setUpBeforeClass(): void
    {
        self::$url = (string) getenv('LICET_URL');
        self::$admin = new LicetAdmin(self::$url, (string) getenv('LICET_TOKEN'));
        $product = 'php-' . bin2hex(random_bytes(4));
        self::$plan = "$product-pro";
        self::$admin->products->create(['slug' => $product, 'name' => 'PHP', 'key_prefix' => 'PHP']);
        self::$admin->plans->create([
            'slug' => self::$plan,
            'product' => $product,
            'name' => 'Pro',
            'features' => ['sso' => true],
            'max_domains' => 3,
            'max_devices' => 2,
            'max_seats' => 1,
            'offline' => ['refresh_days' => 1, 'valid_days' => 7, 'hard_days' => 30, 'file_days' => 365],
        ]);
        $keys = self::$admin->request('GET', '/.well-known/licet/jwks.json')->keys;
        self::$publicKeys = array_column($keys, 'x');
    }

    public function testACheckIsAnsweredByTheLeaseWhileTheServerIsAway(): void
    {
        $store = new MemoryStore();
        $key = $this->issue()->key;
        $state = $this->start($key, 'laptop', $store)->check(features: ['sso']);
        self::assertSame([Status::Licensed, 'server'], [$state->status, $state->source->value]);
        self::assertSame(self::$plan, $state->license?->plan);
        $offline = $this->start($key, 'laptop', $store, self::NOWHERE);
        self::assertSame('lease', $offline->check(features: ['sso'])->source->value);
        self::assertSame('FEATURE_NOT_INCLUDED', $offline->check(features: ['audit'])->code);
        self::assertSame(Status::Licensed, $offline->check(fresh: true)->status);
    }

    public function testWithoutFeaturesALicenseHasAnEmptyObject(): void
    {
        $slug = self::$plan . '-plain';
        $product = substr(self::$plan, 0, -4);
        self::$admin->plans->create(['slug' => $slug, 'product' => $product, 'name' => 'Plain', 'features' => []]);
        $order = ['plan' => $slug, 'customer_email' => 'dev@example.com', 'features' => [], 'metadata' => []];
        $license = self::$admin->licenses->create($order);
        self::assertEquals(new stdClass(), $license->features);
        $state = $this->start($license->key, 'plain')->check();
        self::assertStringContainsString('"features":{}', (string) json_encode($state));
    }

    public function testDevicesAreActivatedUpToTheLimitAndDeactivated(): void
    {
        $license = $this->issue();
        [$first, $second, $third] = array_map(fn ($device) => $this->start($license->key, $device), ['one', 'two', 'three']);
        $activation = $first->activate(name: 'A laptop');
        self::assertSame(['device', 'one', 'A laptop'], [$activation->kind, $activation->value, $activation->name]);
        self::assertSame($activation->id, $first->activate()->id);
        $second->activate();
        $problem = $this->catchProblem(fn () => $third->activate());
        self::assertSame(['DEVICE_LIMIT_REACHED', 2], [$problem->code, $problem->details->limit]);
        $first->deactivate();
        $third->activate();
        self::assertSame(2, self::$admin->licenses->get($license->id)->devices);
    }

    public function testAValidationAsksTheServerEachTimeAndReturnsARefusal(): void
    {
        $license = $this->issue();
        $licet = $this->start($license->key, 'validating');
        self::assertTrue($licet->validate()->valid);
        self::$admin->licenses->suspend($license->id, ['reason' => 'payment failed']);
        self::assertSame('LICENSE_SUSPENDED', $licet->validate()->error);
        self::assertFalse($licet->check()->allowed);
        self::$admin->licenses->reinstate($license->id);
        self::assertSame(Status::Licensed, $licet->check()->status);
    }

    public function testADomainIsTheSubjectOfAWebsite(): void
    {
        $license = $this->issue();
        $licet = new Licet(self::$url, 'live', $license->key, publicKeys: self::$publicKeys, domain: 'https://www.example.com/', store: new MemoryStore());
        self::assertTrue($licet->check()->allowed);
        $activations = self::$admin->licenses->activations($license->id)->page()->data;
        self::assertSame(['domain', 'example.com'], [$activations[0]->kind, $activations[0]->value]);
        self::assertSame('lease', $licet->check()->source->value);
    }

    public function testAFloatingSeatIsUsedByOneDeviceAtATime(): void
    {
        $key = $this->issue()->key;
        [$one, $other] = [$this->start($key, 'one'), $this->start($key, 'other')];
        $code = $one->seats->hold(function (SeatHold $hold) use ($other): string {
            $hold->keep();
            return $this->catchProblem(fn () => $other->seats->acquire())->code;
        });
        self::assertSame('SEAT_LIMIT_REACHED', $code);
        $seat = $other->seats->acquire(name: 'Another');
        self::assertInstanceOf(Seat::class, $seat);
        self::assertSame($seat->id, $other->seats->renew($seat->id)->id);
        $other->seats->release($seat->id);
    }

    public function testALicenseFileWorksOnItsDeviceWithoutAnyServerUntilItIsReturned(): void
    {
        $license = $this->issue();
        $licet = $this->start($license->key, 'island', url: self::NOWHERE);
        $file = self::$admin->licenses->createFile($license->id, ['fingerprint' => 'island'])->file;
        self::assertSame(['licensed', 'file', null], $this->summarize($licet->importFile($file)));
        self::assertSame(['licensed', 'file', null], $this->summarize($licet->check()));
        $elsewhere = Licet::verify($file, self::$publicKeys, fingerprint: 'another-device');
        self::assertSame(['unknown', 'file', 'FINGERPRINT_MISMATCH'], $this->summarize($elsewhere));
        self::assertTrue(Licet::verify($file, self::$publicKeys, fingerprint: 'island')->allowed);
        $code = $licet->returnFile();
        self::$admin->request('POST', '/api/v1/offline/deactivate', ['key' => $license->key, 'code' => $code]);
        self::assertSame(0, self::$admin->licenses->get($license->id)->devices);
        self::assertSame('FILE_RETURNED', $licet->check()->code);
    }

    public function testARequestCodeYieldsALicenseFileAndAFeedEndsIt(): void
    {
        $license = $this->issue();
        $licet = $this->start($license->key, 'air-gap', url: self::NOWHERE);
        $request = $licet->createOfflineRequest(name: 'A press');
        $file = self::$admin->request('POST', '/api/v1/offline/activate', ['request' => $request->code])->file;
        self::assertSame(['licensed', 'file', null], $this->summarize($licet->importFile($file)));
        // Only tokens of an earlier second are void.
        sleep(1);
        self::$admin->licenses->revoke($license->id);
        $feed = self::$admin->request('GET', '/api/v1/revocations', query: ['format' => 'file']);
        self::assertSame(['refused', 'file', 'LICENSE_REVOKED'], $this->summarize($licet->importRevocations($feed)));
    }

    public function testALicenseLivesFromItsFirstKeyToItsEnd(): void
    {
        $licenses = self::$admin->licenses;
        $license = $this->issue();
        self::assertSame($license->id, $licenses->lookup(strtolower($license->key))->id);
        $changed = $licenses->update($license->id, ['expires_at' => '2099-01-01T00:00:00Z'], new CallOptions(ifMatch: $license->version));
        self::assertSame('2099-01-01T00:00:00Z', $changed->expires_at);
        $late = $this->catchProblem(fn () => $licenses->update($license->id, ['customer_name' => 'Eve'], new CallOptions(ifMatch: $license->version)));
        self::assertSame(412, $late->status);
        self::assertSame('2099-01-11T00:00:00Z', $licenses->renew($license->id, ['days' => 10])->expires_at);
        self::assertNotSame($license->key, $licenses->rotateKey($license->id)->key);
        self::assertSame('revoked', $licenses->revoke($license->id)->status);
        $types = array_column(iterator_to_array($licenses->events($license->id, ['limit' => 2]), false), 'type');
        self::assertSame(['license.revoked', 'license.created'], [$types[0], end($types)]);
    }

    public function testTheSameIdempotencyKeyIssuesOneLicense(): void
    {
        $order = ['plan' => self::$plan, 'customer_email' => 'dev@example.com'];
        $options = new CallOptions(idempotencyKey: 'order-' . bin2hex(random_bytes(8)));
        $first = self::$admin->licenses->create($order, $options);
        self::assertSame($first->id, self::$admin->licenses->create($order, $options)->id);
        $other = fn () => self::$admin->licenses->create(['customer_email' => 'other@example.com'] + $order, $options);
        self::assertSame('idempotency_mismatch', $this->catchProblem($other)->code);
    }

    public function testAListYieldsEachLicenseOnceOverSeveralPages(): void
    {
        $created = self::$admin->licenses->createMany(['plan' => self::$plan, 'customer_email' => 'many@example.com', 'quantity' => 5]);
        $listed = iterator_to_array(self::$admin->licenses->list(['plan' => self::$plan, 'limit' => 2]), false);
        $ids = array_column($listed, 'id');
        self::assertSame($ids, array_values(array_unique($ids)));
        self::assertSame([], array_diff(array_column($created->data, 'id'), $ids));
    }

    public function testManagesTheEndpointsOfWebhooks(): void
    {
        $webhooks = self::$admin->webhooks;
        $created = $webhooks->create(['url' => 'https://hooks.example.com', 'events' => ['*']]);
        self::assertStringStartsWith('whsec_', $created->secret);
        self::assertNotSame($created->secret, $webhooks->rotateSecret($created->id)->secret);
        self::assertFalse($webhooks->update($created->id, ['enabled' => false])->enabled);
        $webhooks->delete($created->id);
        self::assertSame('not_found', $this->catchProblem(fn () => $webhooks->get($created->id))->code);
    }

    public function testTheExampleOfTheReadmeRunsUnchanged(): void
    {
        $readme = (string) file_get_contents(dirname(__DIR__) . '/README.md');
        preg_match('/## First check\n\n```php\n(.*?)```/s', $readme, $match);
        $code = strtr($match[1], [
            'https://licenses.example.com' => self::$url,
            "'KVsK…', 'x5Jd…'" => "'" . implode("', '", self::$publicKeys) . "'",
        ]);
        $run = fn (string $key): array => $this->execute(
            ['-r', "require getenv('AUTOLOAD');\n\$settings = ['license_key' => '$key'];\n$code"],
            [],
        );
        self::assertSame([0, ''], $run($this->issue()->key));
        [$status, $output] = $run('an-unknown-license-key');
        self::assertSame(0, $status);
        self::assertStringContainsString('license', $output);
    }

    public function testTheExampleRunsOnTheCommandLineOnlineAndOffline(): void
    {
        $order = ['plan' => self::$plan, 'customer_email' => 'dev@example.com', 'features' => ['reports' => true]];
        $key = self::$admin->licenses->create($order)->key;
        $environment = ['LICENSE_KEY' => $key];
        $report = [0, 'The report of ' . self::$plan . "\n"];
        self::assertSame($report, $this->runExample($environment, 'activate'));
        self::assertSame($report, $this->runExample(['LICET_URL' => self::NOWHERE] + $environment));
        self::assertStringStartsWith('Freed act_', $this->runExample($environment, 'return')[1]);
        self::assertSame(2, $this->runExample(['LICENSE_KEY' => 'an-unknown-license-key'])[0]);
        self::assertSame(3, $this->runExample(['LICET_URL' => self::NOWHERE, 'LICENSE_KEY' => 'another-license-key'])[0]);
    }

    private function issue(): stdClass
    {
        return self::$admin->licenses->create(['plan' => self::$plan, 'customer_email' => 'dev@example.com']);
    }

    private function start(string $key, string $device, ?MemoryStore $store = null, ?string $url = null): Licet
    {
        return new Licet(
            url: $url ?? self::$url,
            appId: 'live',
            key: $key,
            publicKeys: self::$publicKeys,
            fingerprint: $device,
            store: $store ?? new MemoryStore(),
        );
    }

    private function catchProblem(callable $call): LicetProblem
    {
        try {
            $call();
        } catch (LicetProblem $problem) {
            return $problem;
        }
        self::fail('The server has not refused.');
    }

    /** @return array{string, string, ?string} */
    private function summarize(State $state): array
    {
        return [$state->status->value, $state->source->value, $state->code];
    }

    /**
     * @param array<string, string> $environment
     * @return array{int, string}
     */
    private function runExample(array $environment, string ...$parameters): array
    {
        return $this->execute([dirname(__DIR__) . '/examples/reports.php', ...$parameters], $environment);
    }

    /**
     * Runs a program on a device of its own.
     *
     * @param list<string> $parameters
     * @param array<string, string> $environment
     * @return array{int, string}
     */
    private function execute(array $parameters, array $environment): array
    {
        $environment += [
            'LICET_URL' => self::$url,
            'LICET_PUBLIC_KEYS' => implode(',', self::$publicKeys),
            'LICET_FINGERPRINT' => 'the-device-of-the-examples',
            'XDG_CONFIG_HOME' => getenv('SCRATCH') . '/config',
            'AUTOLOAD' => (string) getenv('AUTOLOAD'),
            'PATH' => (string) getenv('PATH'),
        ];
        $pipes = [];
        $process = proc_open([PHP_BINARY, ...$parameters], [1 => ['pipe', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes, null, $environment);
        $output = (string) stream_get_contents($pipes[1]);
        return [proc_close($process), $output];
    }
}
