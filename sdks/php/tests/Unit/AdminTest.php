<?php

declare(strict_types=1);

namespace Licet\Tests\Unit;

use Licet\Admin\CallOptions;
use Licet\Admin\Calls;
use Licet\LicetAdmin;
use Licet\LicetProblem;
use Licet\Request;
use Licet\Response;
use Licet\Tests\Vectors;
use Licet\Transport;
use PHPUnit\Framework\TestCase;

final class AdminTest extends TestCase
{
    /** @var list<Request> */
    private array $requests = [];

    public function testEveryRouteIsInTheOpenApiDocumentUnderItsOperationId(): void
    {
        $paths = json_decode((string) file_get_contents(dirname(Vectors::findSuite(), 2) . '/openapi.json'))->paths;
        foreach (Calls::ROUTES as $name => $route) {
            [$method, $path] = explode(' ', $route);
            self::assertSame($name, $paths->{$path}->{strtolower($method)}->operationId ?? null, $route);
        }
    }

    public function testEveryMethodCallsItsRoute(): void
    {
        $admin = $this->createAdmin(array_fill(0, 100, [200, '{}']));
        $called = 0;
        foreach (['licenses', 'plans', 'products', 'webhooks', 'events'] as $group) {
            foreach ((new \ReflectionClass($admin->{$group}))->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
                if (!$method->isConstructor()) {
                    $types = array_map(fn (\ReflectionParameter $parameter) => (string) $parameter->getType(), $method->getParameters());
                    $values = array_map(fn (string $type) => ['string' => 'an-id', 'array' => ['name' => 'x']][$type] ?? null, $types);
                    $result = $method->invoke($admin->{$group}, ...$values);
                    $result instanceof \Licet\Admin\PageList && $result->page();
                    $called++;
                }
            }
        }
        self::assertSame(count(Calls::ROUTES), $called);
        self::assertCount($called, array_unique(array_map(fn (Request $request) => "$request->method $request->url", $this->requests)));
    }

    public function testAnIdIsEncodedSoThatItStaysOneSegmentOfThePath(): void
    {
        self::assertSame(['GET', '/api/v1/licenses/a%2Fb%3Fc%23d'], Calls::fillRoute('getLicense', ['a/b?c#d']));
    }

    public function testAnIdThatWouldLeadToAnotherRouteIsRefused(): void
    {
        foreach ([['getLicense', ['']], ['getLicense', ['..']], ['deleteLicenseSeat', ['lic_1']]] as $call) {
            try {
                Calls::fillRoute(...$call);
                self::fail($call[0]);
            } catch (\InvalidArgumentException $error) {
                self::assertStringStartsWith("$call[0] needs the ", $error->getMessage());
            }
        }
    }

    public function testAnEmptyMapStaysAMap(): void
    {
        $admin = $this->createAdmin([[201, '{}'], [200, '{}'], [200, '{}']]);
        $admin->licenses->create(['plan' => 'pro', 'features' => [], 'metadata' => ['a' => '1'], 'domains' => []]);
        $admin->licenses->revoke('lic_1');
        $admin->licenses->createMany(['quantity' => 2, 'features' => ['tags' => []]]);
        self::assertSame(
            ['{"plan":"pro","features":{},"metadata":{"a":"1"},"domains":[]}', '{}', '{"quantity":2,"features":{"tags":[]}}'],
            array_map(fn (Request $request) => $request->body, $this->requests),
        );
    }

    public function testAListIsReadPageByPage(): void
    {
        $page = fn (array $ids, ?string $cursor) => json_encode(['data' => array_map(fn ($id) => ['id' => $id], $ids), 'next_cursor' => $cursor]);
        $admin = $this->createAdmin([[200, $page(['a', 'b'], 'next')], [200, $page(['c'], null)]]);
        $list = $admin->licenses->list(['plan' => 'pro', 'status' => ['active', 'expired'], 'email' => null]);
        self::assertSame([], $this->requests);
        self::assertSame(['a', 'b', 'c'], array_column(iterator_to_array($list, false), 'id'));
        self::assertStringEndsWith('/licenses?plan=pro&status=active%2Cexpired', $this->requests[0]->url);
        self::assertStringEndsWith('&cursor=next', $this->requests[1]->url);
    }

    public function testARepetitionHasTheSameIdempotencyKeyAndAProblemItsFields(): void
    {
        $problem = '{"code":"validation_failed","detail":"The plan does not exist.","errors":[{"pointer":"/plan","detail":"…"}]}';
        $admin = $this->createAdmin([[503, ''], [422, $problem]]);
        try {
            $admin->licenses->create(['plan' => 'none'], new CallOptions(ifMatch: 3));
            self::fail('There is no problem.');
        } catch (LicetProblem $error) {
            self::assertSame([422, 'validation_failed', '/plan'], [$error->status, $error->code, $error->errors[0]->pointer]);
            self::assertSame('The plan does not exist.', $error->getMessage());
        }
        $headers = array_map(fn (Request $request) => $request->headers['idempotency-key'], $this->requests);
        self::assertSame($headers[0], $headers[1]);
        self::assertSame('"3"', $this->requests[0]->headers['if-match']);
    }

    /** @param list<array{int, string}> $replies */
    private function createAdmin(array $replies): LicetAdmin
    {
        $transport = $this->createMock(Transport::class);
        $transport->method('send')->willReturnCallback(function (Request $request) use (&$replies): Response {
            $this->requests[] = $request;
            [$status, $body] = array_shift($replies) ?? [500, ''];
            return new Response($status, ['content-type' => 'application/json'], $body);
        });
        return new LicetAdmin('https://licenses.example.com', 'licet_fake', transport: $transport);
    }
}
