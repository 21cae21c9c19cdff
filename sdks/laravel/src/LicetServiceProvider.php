<?php

declare(strict_types=1);

namespace Licet\Laravel;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Routing\Router;
use Illuminate\Support\ServiceProvider;
use Illuminate\View\Compilers\BladeCompiler;
use Licet\FileStore;
use Licet\Laravel\Console\CheckCommand;
use Licet\Laravel\Http\RequireLicense;
use Licet\Laravel\Http\WebhookController;
use Licet\Licet;
use Licet\LicetAdmin;
use Licet\Store;
use Licet\Transport;
use Throwable;

final class LicetServiceProvider extends ServiceProvider
{
    private const CONFIG = __DIR__ . '/../config/licet.php';

    public function register(): void
    {
        $this->mergeConfigFrom(self::CONFIG, 'licet');
        $this->app->singleton(Licet::class, fn (Application $app) => self::createClient($app));
        $this->app->singleton(LicetAdmin::class, function (Application $app): LicetAdmin {
            ['url' => $url, 'token' => $token] = $app->make('config')->get('licet');
            return new LicetAdmin((string) $url, (string) $token);
        });
    }

    public function boot(): void
    {
        $this->publishes([self::CONFIG => $this->app->configPath('licet.php')], 'licet-config');
        $this->commands([CheckCommand::class]);
        $this->app->make(Router::class)->aliasMiddleware('license', RequireLicense::class);
        $this->callAfterResolving('blade.compiler', function (BladeCompiler $blade): void {
            $isAllowed = fn (string ...$features) => $this->app->make(Licet::class)->check($features)->allowed;
            $blade->if('license', $isAllowed);
        });
        $this->refreshWhenIdle();
        $this->registerWebhook();
    }

    /** A refresh that is due is made after the response, or after the job of a worker. */
    private function refreshWhenIdle(): void
    {
        $refresh = function (): void {
            if ($this->app->resolved(Licet::class)) {
                $this->app->make(Licet::class)->whenIdle();
            }
        };
        $this->app->terminating($refresh);
        $this->app->make('events')->listen('Illuminate\Queue\Events\JobProcessed', $refresh);
    }

    private function registerWebhook(): void
    {
        $webhook = $this->app->make('config')->get('licet.webhook');
        if (($webhook['secret'] ?? '') === '' || $this->app->routesAreCached()) {
            return;
        }
        $this->app->make(Router::class)
            ->post($webhook['path'], WebhookController::class)
            ->middleware($webhook['middleware'] ?? [])
            ->name('licet.webhook');
    }

    private static function createClient(Application $app): Licet
    {
        $config = $app->make('config')->get('licet');
        return new Licet(
            url: (string) $config['url'],
            appId: $config['app_id'],
            key: $config['key'],
            product: $config['product'] ?: null,
            publicKeys: array_values($config['public_keys']),
            domain: $config['domain'] ?: null,
            fingerprint: $config['fingerprint'] ?: null,
            store: self::openStore($app, $config['store']),
            timeout: (float) $config['timeout'],
            transport: $app->bound(Transport::class) ? $app->make(Transport::class) : null,
            onProblem: fn (Throwable $problem) => $app->make('log')->warning('Licet: ' . $problem->getMessage()),
            background: fn () => null,
        );
    }

    private static function openStore(Application $app, string $name): Store
    {
        return $name === 'file'
            ? new FileStore($app->storagePath() . '/app/licet')
            : new CacheStore($app->make('cache')->store($name));
    }
}
