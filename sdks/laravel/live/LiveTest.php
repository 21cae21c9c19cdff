<?php

declare(strict_types=1);

namespace Licet\Laravel\Live;

use Licet\LicetAdmin;
use PHPUnit\Framework\TestCase;
use stdClass;

/** Runs the example app, installed in the directory APP, with the server of LICET_URL and LICET_TOKEN. */
final class LiveTest extends TestCase
{
    private const NOWHERE = 'http://127.0.0.1:9';

    private static LicetAdmin $admin;
    private static string $plan;
    private static string $publicKeys;
    /** @var resource|null */
    private $server = null;
    private string $address = '';

    public static function setUpBeforeClass(): void
    {
        self::$admin = new LicetAdmin((string) getenv('LICET_URL'), (string) getenv('LICET_TOKEN'));
        $product = 'laravel-' . bin2hex(random_bytes(4));
        self::$plan = "$product-pro";
        self::$admin->products->create(['slug' => $product, 'name' => 'Laravel', 'key_prefix' => 'LARAVEL']);
        self::$admin->plans->create(['slug' => self::$plan, 'product' => $product, 'name' => 'Pro', 'max_domains' => 1]);
        $keys = self::$admin->request('GET', '/.well-known/licet/jwks.json')->keys;
        self::$publicKeys = implode(',', array_column($keys, 'x'));
    }

    protected function setUp(): void
    {
        foreach (glob(getenv('APP') . '/storage/app/licet/*') ?: [] as $path) {
            unlink($path);
        }
    }

    protected function tearDown(): void
    {
        $this->stop();
    }

    public function testAFeatureIsServedAlsoWhileTheServerIsAwayAfterARestart(): void
    {
        $license = $this->issue(true);
        $this->start(['LICET_KEY' => $license->key]);
        self::assertSame(200, $this->fetch('/')[0]);
        self::assertSame(200, $this->fetch('/reports')[0]);
        $activations = self::$admin->licenses->activations($license->id)->page()->data;
        self::assertSame('example.com', $activations[0]->value);
        $this->start(['LICET_KEY' => $license->key, 'LICET_URL' => self::NOWHERE]);
        self::assertSame(200, $this->fetch('/reports')[0]);
        [$status, $body] = $this->fetch('/license');
        self::assertSame([200, 'licensed', 'lease'], [$status, $body->status, $body->source]);
    }

    public function testAFeatureThatTheLicenseLacksAndAnUnknownKeyGet402(): void
    {
        $this->start(['LICET_KEY' => $this->issue(false)->key]);
        [$status, $body] = $this->fetch('/reports');
        self::assertSame([402, 'FEATURE_NOT_INCLUDED'], [$status, $body->code]);
        $this->start(['LICET_KEY' => 'an-unknown-license-key']);
        [$status, $body] = $this->fetch('/reports');
        self::assertSame([402, 'LICENSE_NOT_FOUND'], [$status, $body->code]);
    }

    public function testWithoutAnAnswerTheAppIsUnavailableUnlessItSaysOtherwise(): void
    {
        $environment = ['LICET_KEY' => 'another-license-key', 'LICET_URL' => self::NOWHERE];
        $this->start($environment);
        [$status, $body] = $this->fetch('/reports');
        self::assertSame([503, 'NO_ANSWER'], [$status, $body->code]);
        $this->start($environment + ['LICET_UNKNOWN' => 'allow']);
        self::assertSame(200, $this->fetch('/reports')[0]);
    }

    public function testTheCommandsOfArtisanCheckTheLicenseAndPublishTheConfiguration(): void
    {
        $environment = ['LICET_KEY' => $this->issue(true)->key];
        [$status, $output] = $this->runArtisan($environment, 'licet:check', '--feature=reports');
        self::assertSame(0, $status, $output);
        self::assertStringStartsWith('licensed: the plan ' . self::$plan . ' until 2', $output);
        self::assertSame(1, $this->runArtisan($environment, 'licet:check', '--feature=audit')[0]);
        self::assertSame(0, $this->runArtisan($environment, 'vendor:publish', '--tag=licet-config')[0]);
        self::assertFileExists(getenv('APP') . '/config/licet.php');
        unlink(getenv('APP') . '/config/licet.php');
    }

    public function testAWebhookOfTheServerBecomesAnEvent(): void
    {
        $license = $this->issue(true);
        $port = $this->findPort();
        $url = "http://127.0.0.1:$port/licet/webhook";
        $webhook = self::$admin->webhooks->create(['url' => $url, 'events' => ['license.revoked']]);
        $this->start(['LICET_KEY' => $license->key, 'LICET_WEBHOOK_SECRET' => $webhook->secret], $port);
        self::$admin->licenses->revoke($license->id);
        $log = getenv('APP') . '/storage/logs/laravel.log';
        $end = time() + 20;
        do {
            usleep(50_000);
            $text = is_file($log) ? (string) file_get_contents($log) : '';
        } while (!str_contains($text, "The license $license->id was revoked.") && time() < $end);
        self::$admin->webhooks->delete($webhook->id);
        self::assertStringContainsString("The license $license->id was revoked.", $text);
    }

    private function issue(bool $hasReports): stdClass
    {
        return self::$admin->licenses->create([
            'plan' => self::$plan,
            'customer_email' => 'dev@example.com',
            'features' => ['reports' => $hasReports],
        ]);
    }

    /** @param array<string, string> $environment */
    private function start(array $environment, ?int $port = null): void
    {
        $this->stop();
        $port ??= $this->findPort();
        $command = [PHP_BINARY, '-S', "127.0.0.1:$port", getenv('APP') . '/public/index.php'];
        $null = ['file', '/dev/null', 'w'];
        $this->server = proc_open($command, [1 => $null, 2 => $null], $pipes, null, $this->build($environment)) ?: null;
        $this->address = "http://127.0.0.1:$port";
        for ($attempt = 0; $attempt < 500 && @fsockopen('127.0.0.1', $port) === false; $attempt++) {
            usleep(10_000);
        }
    }

    private function stop(): void
    {
        if ($this->server !== null) {
            proc_terminate($this->server);
            proc_close($this->server);
            $this->server = null;
        }
    }

    /** @return array{int, ?stdClass} */
    private function fetch(string $path): array
    {
        $options = ['http' => ['header' => 'accept: application/json', 'ignore_errors' => true, 'timeout' => 30]];
        $body = (string) file_get_contents($this->address . $path, false, stream_context_create($options));
        return [(int) explode(' ', $http_response_header[0])[1], json_decode($body)];
    }

    /**
     * @param array<string, string> $environment
     * @return array{int, string}
     */
    private function runArtisan(array $environment, string ...$parameters): array
    {
        $command = [PHP_BINARY, getenv('APP') . '/artisan', ...$parameters];
        $process = proc_open($command, [1 => ['pipe', 'w']], $pipes, null, $this->build($environment));
        $output = (string) stream_get_contents($pipes[1]);
        return [proc_close($process), $output];
    }

    /**
     * @param array<string, string> $environment
     * @return array<string, string>
     */
    private function build(array $environment): array
    {
        return $environment + [
            'APP_URL' => 'https://www.example.com',
            'AUTOLOAD' => (string) getenv('AUTOLOAD'),
            'LICET_PUBLIC_KEYS' => self::$publicKeys,
            'LICET_URL' => (string) getenv('LICET_URL'),
            'PATH' => (string) getenv('PATH'),
        ];
    }

    private function findPort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $name = (string) stream_socket_get_name($socket, false);
        fclose($socket);
        return (int) substr($name, strrpos($name, ':') + 1);
    }
}
