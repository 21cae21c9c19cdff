<?php

declare(strict_types=1);

namespace Licet\Laravel\Tests;

use Illuminate\Support\Facades\Blade;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Route;
use Licet\Laravel\CacheStore;
use Licet\Laravel\Events\WebhookReceived;
use Licet\Laravel\Facades\Licet;
use Licet\Laravel\Testing\FakeTransport;
use Licet\Licet as Client;
use Licet\LicetAdmin;
use Licet\Request;
use Licet\Response;
use Licet\Transport;

final class AppTest extends AppTestCase
{
    public function testARouteWithoutTheMiddlewareNeedsNoLicense(): void
    {
        Licet::fakeRefusal();
        self::assertSame(200, $this->request('/')->getStatusCode());
    }

    public function testAFeatureOfTheLicenseIsServed(): void
    {
        Licet::fake(['reports' => true]);
        $response = $this->request('/reports');
        self::assertSame([200, '{"reports":[]}'], [$response->getStatusCode(), $response->getContent()]);
    }

    public function testAFeatureThatTheLicenseLacksGets402(): void
    {
        Licet::fake(['reports' => false]);
        $response = $this->request('/reports');
        self::assertSame(402, $response->getStatusCode());
        self::assertSame('FEATURE_NOT_INCLUDED', json_decode((string) $response->getContent())->code);
    }

    public function testARefusalGets402WithTheMessageOfTheServer(): void
    {
        Licet::fakeRefusal('LICENSE_SUSPENDED', 'The license is suspended.');
        $response = $this->request('/reports');
        self::assertSame(402, $response->getStatusCode());
        self::assertSame('{"code":"LICENSE_SUSPENDED","message":"The license is suspended."}', $response->getContent());
    }

    public function testNoAnswerGets503OrIsAllowedIfTheAppSaysSo(): void
    {
        Licet::fakeRefusal(null);
        self::assertSame(503, $this->request('/reports')->getStatusCode());
        $this->app->make('config')->set('licet.unknown', 'allow');
        self::assertSame(200, $this->request('/reports')->getStatusCode());
        Licet::fakeRefusal();
        self::assertSame(402, $this->request('/reports')->getStatusCode());
    }

    public function testAPageIsRenderedByTheApp(): void
    {
        Licet::fakeRefusal();
        $response = $this->request('/reports', headers: ['accept' => 'text/html']);
        self::assertSame(402, $response->getStatusCode());
        self::assertStringContainsString('<html', (string) $response->getContent());
    }

    public function testTheMiddlewareTakesSeveralFeaturesAndPassesTheStateOn(): void
    {
        $route = fn (\Illuminate\Http\Request $request) => ['plan' => $request->attributes->get('license')->license->plan];
        Route::middleware('license:sso,audit')->get('/both', $route);
        Route::middleware('license')->get('/any', $route);
        Licet::fake(['sso' => true]);
        self::assertSame(402, $this->request('/both')->getStatusCode());
        self::assertSame('{"plan":"test"}', $this->request('/any')->getContent());
        Licet::fake(['sso' => true, 'audit' => true]);
        self::assertSame(200, $this->request('/both')->getStatusCode());
    }

    public function testTheFacadeTakesNamedArguments(): void
    {
        Licet::fake(['sso' => true]);
        self::assertTrue(Licet::check(features: ['sso'])->allowed);
        self::assertFalse(Licet::check(features: ['audit'], fresh: true)->allowed);
        self::assertStringContainsString('"features":{"sso":true}', (string) $this->request('/license')->getContent());
    }

    public function testBladeShowsWhatTheLicenseIncludes(): void
    {
        Licet::fake(['sso' => true]);
        $compiled = Blade::compileString("@license('sso') yes @else no @endlicense @license('audit') yes @else no @endlicense");
        ob_start();
        eval("?>$compiled");
        self::assertSame('yes no', trim((string) preg_replace('/\s+/', ' ', (string) ob_get_clean())));
    }

    public function testTheCommandPrintsTheStateAndFailsWithoutALicense(): void
    {
        Licet::fake(['sso' => true]);
        [$status, $output] = $this->artisan('licet:check --feature=sso');
        self::assertSame(0, $status);
        self::assertStringStartsWith('licensed: the plan test until 2', $output);
        [$status, $output] = $this->artisan('licet:check --feature=audit');
        self::assertSame(1, $status);
        self::assertStringContainsString('FEATURE_NOT_INCLUDED', $output);
        Licet::fakeRefusal(null);
        [$status, $output] = $this->artisan('licet:check --fresh --json');
        self::assertSame([1, 'unknown'], [$status, json_decode($output)->status]);
    }

    public function testTheConfigurationIsPublished(): void
    {
        $paths = \Illuminate\Support\ServiceProvider::pathsToPublish(null, 'licet-config');
        self::assertSame([$this->app->configPath('licet.php')], array_values($paths));
        self::assertFileExists((string) key($paths));
    }

    public function testWithoutAnAnswerTheFailureIsLogged(): void
    {
        $this->app = $this->start();
        $this->app->bind(Transport::class, fn () => FakeTransport::refuse(null, ''));
        self::assertSame('NO_ANSWER', $this->app->make(Client::class)->check()->code);
        self::assertStringContainsString('WARNING: Licet: ', (string) file_get_contents("$this->scratch/logs/laravel.log"));
        self::assertNotEmpty(glob("$this->scratch/app/licet/licet-*.json"));
    }

    public function testARefreshIsMadeAfterTheResponse(): void
    {
        $transport = new class implements Transport {
            public int $count = 0;

            public function send(Request $request): Response
            {
                $this->count++;
                return FakeTransport::grant(['reports' => true])->send($request);
            }
        };
        $this->app = $this->start(['store' => 'array']);
        $this->app->bind(Transport::class, fn () => $transport);
        self::assertSame(200, $this->request('/reports')->getStatusCode());
        self::assertSame(1, $transport->count);
        $cache = new CacheStore($this->app->make('cache')->store('array'));
        $name = 'licet-' . substr(hash('sha256', "the-license-key-of-a-test\n\n\nexample.com"), 0, 16);
        $record = json_decode((string) $cache->get($name));
        $record->answer->at -= 100_000;
        $record->floor -= 100_000;
        $cache->put($name, (string) json_encode($record));
        $this->app->make('router')->get('/count', fn () => [Licet::check()->status->value, $transport->count]);
        self::assertSame('["grace",1]', $this->request('/count')->getContent());
        self::assertSame(2, $transport->count);
        self::assertSame('["licensed",2]', $this->request('/count')->getContent());
    }

    public function testACacheKeepsRecordsAndLocksThem(): void
    {
        $repository = $this->app->make('cache')->store('array');
        $store = new CacheStore($repository);
        self::assertNull($store->get('licet-1'));
        $store->put('licet-1', '{}');
        self::assertSame('{}', $store->get('licet-1'));
        $inside = $store->locked('licet-1', fn () => $repository->getStore()->lock('licet-1-lock', 1)->get());
        self::assertFalse($inside);
        self::assertTrue($repository->getStore()->lock('licet-1-lock', 1)->get());
        $store->delete('licet-1');
        self::assertNull($store->get('licet-1'));
    }

    public function testTheManagementApiIsBoundWithItsToken(): void
    {
        $this->app = $this->start(['token' => 'licet_fake', 'url' => 'https://licenses.example.com']);
        self::assertInstanceOf(LicetAdmin::class, $this->app->make(LicetAdmin::class));
    }

    public function testAWebhookBecomesEventsOnce(): void
    {
        $seen = [];
        Event::listen(WebhookReceived::class, function (WebhookReceived $event) use (&$seen): void {
            $seen[] = "object $event->type";
        });
        Event::listen('licet.license.*', function (string $name, array $values) use (&$seen): void {
            $seen[] = "$name {$values[0]->data->license->id}";
        });
        $body = '{"id":"evt_1","type":"license.revoked","timestamp":"2027-01-15T08:00:00Z","data":{"license":{"id":"lic_1"}}}';
        for ($delivery = 0; $delivery < 2; $delivery++) {
            self::assertSame(204, $this->request('/licet/webhook', 'POST', $body, $this->sign($body))->getStatusCode());
        }
        self::assertSame(['object license.revoked', 'licet.license.revoked lic_1'], $seen);
        self::assertStringContainsString('The license lic_1 was revoked.', (string) file_get_contents("$this->scratch/logs/laravel.log"));
    }

    public function testAWebhookWhoseListenerFailsIsDeliveredAgain(): void
    {
        $count = 0;
        Event::listen(WebhookReceived::class, function () use (&$count): void {
            $count++;
            $count > 1 || throw new \RuntimeException('The database is away.');
        });
        $body = '{"id":"evt_2","type":"license.created","timestamp":"2027-01-15T08:00:00Z","data":{}}';
        self::assertSame(500, $this->request('/licet/webhook', 'POST', $body, $this->sign($body))->getStatusCode());
        self::assertSame(204, $this->request('/licet/webhook', 'POST', $body, $this->sign($body))->getStatusCode());
        self::assertSame(2, $count);
    }

    public function testAWebhookThatLicetHasNotSignedIsRefused(): void
    {
        $count = 0;
        Event::listen(WebhookReceived::class, function () use (&$count): void {
            $count++;
        });
        $headers = $this->sign('{"id":"evt_3"}');
        foreach (['{"id":"evt_4","type":"license.created"}' => $headers, '{"id":"evt_3"}' => $headers, '{}' => []] as $body => $each) {
            self::assertSame(400, $this->request('/licet/webhook', 'POST', $body, $each)->getStatusCode());
        }
        self::assertSame(0, $count);
    }

    public function testWithoutASecretThereIsNoRouteForWebhooks(): void
    {
        $this->app = $this->start(['webhook' => ['secret' => null, 'path' => 'licet/webhook', 'middleware' => []]]);
        self::assertSame(404, $this->request('/licet/webhook', 'POST')->getStatusCode());
    }

    /** @return array<string, string> */
    private function sign(string $body): array
    {
        $time = (string) time();
        $signature = base64_encode(hash_hmac('sha256', "evt.$time.$body", 'a secret of a test', true));
        return ['webhook-id' => 'evt', 'webhook-timestamp' => $time, 'webhook-signature' => "v1,$signature"];
    }
}
