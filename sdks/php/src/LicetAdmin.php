<?php

declare(strict_types=1);

namespace Licet;

use Licet\Admin\CallOptions;
use Licet\Admin\Calls;
use Licet\Admin\Connection;
use Licet\Admin\Events;
use Licet\Admin\Licenses;
use Licet\Admin\Plans;
use Licet\Admin\Products;
use Licet\Admin\WebhookEndpoints;
use stdClass;

/**
 * Manages licenses. The API key belongs on your servers only, never in an app. Calls take arrays and return
 * the objects of the API as they are. They throw LicetProblem if the server answers with an error, and
 * NoAnswer if it does not answer.
 */
final class LicetAdmin
{
    public readonly Licenses $licenses;
    public readonly Plans $plans;
    public readonly Products $products;
    public readonly WebhookEndpoints $webhooks;
    public readonly Events $events;
    private readonly Connection $connection;

    /**
     * @param float $timeout the time for each attempt, in seconds
     * @param int $retries how often a request is repeated after a failure that may pass
     */
    public function __construct(
        string $url,
        string $token,
        float $timeout = 30.0,
        int $retries = 2,
        Transport $transport = new CurlTransport(),
    ) {
        $this->connection = new Connection($url, $token, $timeout, $retries, $transport);
        $calls = new Calls($this->connection);
        $this->licenses = new Licenses($calls);
        $this->plans = new Plans($calls);
        $this->products = new Products($calls);
        $this->webhooks = new WebhookEndpoints($calls);
        $this->events = new Events($calls);
    }

    /**
     * Calls any route of the API. Returns the JSON of the response, its text, or null if it has no body.
     *
     * @param array<string, mixed>|stdClass|null $body
     * @param array<string, mixed> $query
     */
    public function request(
        string $method,
        string $path,
        array|stdClass|null $body = null,
        array $query = [],
        ?CallOptions $options = null,
    ): mixed {
        return $this->connection->send($method, $path, $body, $query, $options ?? new CallOptions());
    }
}
