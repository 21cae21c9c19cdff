<?php

declare(strict_types=1);

namespace Licet\Tests\Conformance;

use Fiber;
use Licet\CurlTransport;
use Licet\Licet;
use Licet\LicetAdmin;
use Licet\LicetProblem;
use Licet\MemoryStore;
use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Tests\Fixture;
use Licet\Tests\Vectors;
use Licet\Transport;
use PHPUnit\Framework\TestCase;
use stdClass;

final class HttpTest extends TestCase
{
    private const SEAT = 'seat_01kf0000000000000000000003';

    /** @var list<\Throwable> */
    private array $problems = [];

    /** @dataProvider provideScenarios */
    public function testScenario(stdClass $scenario): void
    {
        $url = Fixture::start()->buildUrl($scenario->id);
        $store = new MemoryStore();
        $licet = $this->createClient($url, $scenario->client, $store);
        foreach ($scenario->steps as $step) {
            if (isset($step->client)) {
                $store = $step->client === 'empty' ? new MemoryStore() : $store;
                $licet = $this->createClient($url, $scenario->client, $store);
            }
            $this->playStep($licet, $url, $scenario->client->fingerprint, $step);
            $licet->whenIdle();
            while (count(Fixture::readLog($url)) < ($step->thenRequests ?? 0)) {
                usleep(10_000);
            }
        }
        $this->checkRequests(Fixture::readLog($url), $scenario->requests);
    }

    public function provideScenarios(): iterable
    {
        $describe = fn (stdClass $case) => "$case->id: $case->description";
        return Vectors::name('http.json', Vectors::read('http.json')->scenarios, $describe);
    }

    private function createClient(string $url, stdClass $options, MemoryStore $store): Licet
    {
        return new Licet(
            url: $url,
            appId: 'com.example.conformance',
            key: $options->key,
            product: $options->product,
            publicKeys: $options->pinned ? Vectors::read('http.json')->publicKeys : [],
            store: $store,
            timeout: $options->timeoutMs / 1000,
            transport: self::createTransport(),
            onProblem: function (\Throwable $problem): void {
                $this->problems[] = $problem;
            },
            background: fn () => null,
            pause: fn (float $seconds) => Fiber::getCurrent() ? Fiber::suspend() : usleep((int) ($seconds * 1_000_000)),
        );
    }

    /** Returns a transport that lets others run first, like that of an event loop. */
    private static function createTransport(): Transport
    {
        return new class implements Transport {
            public function send(Request $request): Response
            {
                if (Fiber::getCurrent() !== null) {
                    Fiber::suspend();
                }
                return (new CurlTransport())->send($request);
            }
        };
    }

    private function playStep(Licet $licet, string $url, string $fingerprint, stdClass $step): void
    {
        $startedAt = hrtime(true);
        $results = [];
        if (($step->times ?? 1) === 1) {
            $results[] = $this->call($licet, $url, $fingerprint, $step);
        } else {
            $fibers = [];
            for ($count = 0; $count < $step->times; $count++) {
                $fibers[$count] = new Fiber(fn () => $this->call($licet, $url, $fingerprint, $step));
                $fibers[$count]->start();
            }
            while (array_filter($fibers, fn (Fiber $fiber) => !$fiber->isTerminated())) {
                foreach ($fibers as $fiber) {
                    $fiber->isTerminated() || $fiber->resume();
                }
            }
            $results = array_map(fn (Fiber $fiber) => $fiber->getReturn(), $fibers);
        }
        $milliseconds = (hrtime(true) - $startedAt) / 1e6;
        foreach ($results as $result) {
            Vectors::assertMatches($step->expected, $result);
        }
        self::assertLessThanOrEqual($step->withinMs ?? INF, $milliseconds);
        if (isset($step->problem)) {
            $codes = array_map(fn (\Throwable $problem) => $problem->code ?? '', $this->problems);
            self::assertContains($step->problem, $codes);
        }
    }

    private function call(Licet $licet, string $url, string $fingerprint, stdClass $step): mixed
    {
        $own = ['fingerprint' => $fingerprint];
        $with = (array) ($step->with ?? []);
        try {
            return match ($step->call) {
                'check' => ['state' => $licet->check(...$own, ...$with)],
                'validate' => ['verdict' => $licet->validate(...$own)],
                'activate' => $licet->activate(...$own),
                'deactivate' => $licet->deactivate(...$own),
                'seats.acquire' => $licet->seats->acquire(...$own),
                'seats.renew' => $licet->seats->renew(self::SEAT),
                'seats.release' => ['ok' => $licet->seats->release(self::SEAT) === null],
                'admin.licenses.create' => (new LicetAdmin($url, 'licet_fake'))->licenses->create([
                    'plan' => 'professional',
                    'customer_email' => 'dev@example.com',
                ]),
            };
        } catch (NoAnswer) {
            return ['throws' => 'NoAnswer'];
        } catch (LicetProblem $problem) {
            ['status' => $status, 'code' => $code, 'details' => $details] = get_object_vars($problem);
            return ['throws' => 'ApiProblem', 'status' => $status, 'code' => $code, 'details' => $details];
        }
    }

    /** @param list<stdClass> $log */
    private function checkRequests(array $log, stdClass $expected): void
    {
        self::assertGreaterThanOrEqual($expected->min, count($log), 'requests');
        self::assertLessThanOrEqual($expected->max, count($log), 'requests');
        if (isset($expected->paths)) {
            self::assertSame($expected->paths, array_column($log, 'path'));
        }
        foreach ($expected->gapsMs ?? [] as $index => $gap) {
            self::assertGreaterThanOrEqual($gap, $log[$index + 1]->atMs - $log[$index]->atMs, "gap $index");
        }
        $bodies = array_map(fn (stdClass $request) => json_decode($request->body) ?? new stdClass(), $log);
        foreach ($bodies as $body) {
            foreach ($expected->has ?? [] as $name) {
                self::assertTrue(property_exists($body, $name), $name);
            }
            foreach ($expected->hasNot ?? [] as $name) {
                self::assertFalse(property_exists($body, $name), $name);
            }
        }
        if (isset($expected->distinctMember)) {
            $values = array_column($bodies, $expected->distinctMember);
            self::assertCount(count($log), array_unique($values));
        }
        if (isset($expected->sameHeader)) {
            $headers = array_map(fn (stdClass $request) => $request->headers->{$expected->sameHeader}, $log);
            self::assertCount(1, array_unique($headers));
        }
    }
}
