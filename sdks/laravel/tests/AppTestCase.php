<?php

declare(strict_types=1);

namespace Licet\Laravel\Tests;

use Illuminate\Contracts\Console\Kernel as ConsoleKernel;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Facade;
use Licet\Laravel\LicetServiceProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\Response;

/** Starts the example app in a directory of its own. */
abstract class AppTestCase extends TestCase
{
    protected Application $app;
    protected string $scratch;

    protected function setUp(): void
    {
        $this->scratch = sys_get_temp_dir() . '/licet-laravel-' . bin2hex(random_bytes(8));
        foreach (['framework/views', 'framework/cache', 'logs', 'app', 'config'] as $directory) {
            mkdir("$this->scratch/$directory", 0700, true);
        }
        foreach (['SERVICES', 'PACKAGES', 'CONFIG', 'ROUTES', 'EVENTS'] as $name) {
            $_ENV["APP_{$name}_CACHE"] = "$this->scratch/" . strtolower($name) . '.php';
        }
        $this->app = $this->start();
    }

    protected function tearDown(): void
    {
        restore_error_handler();
        restore_exception_handler();
        (new \Illuminate\Filesystem\Filesystem())->deleteDirectory($this->scratch);
    }

    /** @param array<string, mixed> $config */
    protected function start(array $config = []): Application
    {
        Facade::clearResolvedInstances();
        $app = require dirname(__DIR__) . '/examples/app/bootstrap/app.php';
        $app->useStoragePath($this->scratch);
        $app->make(ConsoleKernel::class)->bootstrap();
        $app->make('config')->set('licet', [
            'url' => 'http://127.0.0.1:9',
            'key' => 'the-license-key-of-a-test',
            'domain' => 'example.com',
            'public_keys' => [],
            'timeout' => 1.0,
            'webhook' => ['secret' => 'whsec_' . base64_encode('a secret of a test'), 'path' => 'licet/webhook', 'middleware' => []],
            ...$config,
        ]);
        $app->register(LicetServiceProvider::class);
        return $app;
    }

    /** @param array<string, string> $headers */
    protected function request(string $path, string $method = 'GET', string $body = '', array $headers = ['accept' => 'application/json']): Response
    {
        $request = Request::create("http://localhost$path", $method, content: $body);
        foreach ($headers as $name => $value) {
            $request->headers->set($name, $value);
        }
        $kernel = $this->app->make(HttpKernel::class);
        $response = $kernel->handle($request);
        $kernel->terminate($request, $response);
        return $response;
    }

    /** @return array{int, string} */
    protected function artisan(string $command): array
    {
        $kernel = $this->app->make(ConsoleKernel::class);
        return [$kernel->call($command), $kernel->output()];
    }
}
