<?php

declare(strict_types=1);

namespace Licet\Admin;

use Licet\NoAnswer;
use stdClass;

/** Calls operations by their ID in the OpenAPI document. */
final class Calls
{
    public const ROUTES = [
        'createLicense' => 'POST /api/v1/licenses',
        'createLicenses' => 'POST /api/v1/licenses/batch',
        'getLicense' => 'GET /api/v1/licenses/{id}',
        'listLicenses' => 'GET /api/v1/licenses',
        'lookupLicense' => 'POST /api/v1/licenses/lookup',
        'searchLicenses' => 'POST /api/v1/search',
        'updateLicense' => 'PUT /api/v1/licenses/{id}',
        'revokeLicense' => 'POST /api/v1/licenses/{id}/revoke',
        'suspendLicense' => 'POST /api/v1/licenses/{id}/suspend',
        'reinstateLicense' => 'POST /api/v1/licenses/{id}/reinstate',
        'renewLicense' => 'POST /api/v1/licenses/{id}/renew',
        'rotateLicenseKey' => 'POST /api/v1/licenses/{id}/rotate-key',
        'changeLicenses' => 'POST /api/v1/licenses/bulk',
        'explainLicense' => 'GET /api/v1/licenses/{id}/explain',
        'sendLicenseMail' => 'POST /api/v1/licenses/{id}/mail',
        'createLicenseFile' => 'POST /api/v1/licenses/{id}/file',
        'listLicenseFiles' => 'GET /api/v1/licenses/{id}/files',
        'listLicenseUsage' => 'GET /api/v1/licenses/{id}/usage',
        'getLicenseUsageSeries' => 'GET /api/v1/licenses/{id}/usage/series',
        'listLicenseEvents' => 'GET /api/v1/licenses/{id}/events',
        'listLicenseActivations' => 'GET /api/v1/licenses/{id}/activations',
        'deleteLicenseActivation' => 'DELETE /api/v1/licenses/{id}/activations/{activation_id}',
        'moveLicenseActivation' => 'POST /api/v1/licenses/{id}/activations/move',
        'listLicenseSeats' => 'GET /api/v1/licenses/{id}/seats',
        'deleteLicenseSeat' => 'DELETE /api/v1/licenses/{id}/seats/{seat_id}',
        'createProduct' => 'POST /api/v1/products',
        'getProduct' => 'GET /api/v1/products/{slug}',
        'listProducts' => 'GET /api/v1/products',
        'updateProduct' => 'PUT /api/v1/products/{slug}',
        'createPlan' => 'POST /api/v1/plans',
        'getPlan' => 'GET /api/v1/plans/{slug}',
        'listPlans' => 'GET /api/v1/plans',
        'updatePlan' => 'PUT /api/v1/plans/{slug}',
        'deletePlan' => 'DELETE /api/v1/plans/{slug}',
        'createWebhook' => 'POST /api/v1/webhooks',
        'getWebhook' => 'GET /api/v1/webhooks/{id}',
        'listWebhooks' => 'GET /api/v1/webhooks',
        'updateWebhook' => 'PUT /api/v1/webhooks/{id}',
        'deleteWebhook' => 'DELETE /api/v1/webhooks/{id}',
        'rotateWebhookSecret' => 'POST /api/v1/webhooks/{id}/rotate-secret',
        'testWebhook' => 'POST /api/v1/webhooks/{id}/test',
        'recoverWebhookDeliveries' => 'POST /api/v1/webhooks/{id}/recover',
        'listWebhookDeliveries' => 'GET /api/v1/webhooks/{id}/deliveries',
        'getEvent' => 'GET /api/v1/events/{id}',
        'listEvents' => 'GET /api/v1/events',
    ];

    public function __construct(private readonly Connection $connection)
    {
    }

    /**
     * @param list<string> $ids the values of the parameters in the path, in order
     * @param array<string, mixed>|null $body
     * @param array<string, mixed> $query
     */
    public function call(
        string $name,
        array $ids = [],
        ?array $body = null,
        array $query = [],
        ?CallOptions $options = null,
    ): stdClass {
        return $this->send($name, $ids, $body, $query, $options)
            ?? throw new NoAnswer('not_licet', 'The response is empty. Check the URL of the server.');
    }

    /**
     * Calls an operation that returns nothing.
     *
     * @param list<string> $ids
     */
    public function run(string $name, array $ids, ?CallOptions $options): void
    {
        $this->send($name, $ids, null, [], $options);
    }

    /**
     * @param list<string> $ids
     * @param array<string, mixed> $query
     */
    public function list(string $name, array $ids, array $query, ?CallOptions $options): PageList
    {
        $read = fn (array $page): stdClass => $this->call($name, $ids, null, $page, $options);
        return new PageList($read, $query);
    }

    /**
     * Returns the method and path of a route, with the IDs in place of its parameters.
     *
     * @param list<string> $ids
     * @return array{string, string}
     * @throws \InvalidArgumentException for an ID that would lead to another route, such as an empty one
     */
    public static function fillRoute(string $name, array $ids): array
    {
        [$method, $template] = explode(' ', self::ROUTES[$name]);
        $fill = function (array $match) use (&$ids, $name): string {
            $id = array_shift($ids) ?? '';
            return preg_match('/\A\.{0,2}\z/', $id) === 1
                ? throw new \InvalidArgumentException("$name needs the $match[1] of an existing object, not \"$id\".")
                : rawurlencode($id);
        };
        return [$method, (string) preg_replace_callback('/\{(\w+)\}/', $fill, $template)];
    }

    /**
     * @param list<string> $ids
     * @param array<string, mixed>|null $body
     * @param array<string, mixed> $query
     */
    private function send(string $name, array $ids, ?array $body, array $query, ?CallOptions $options): ?stdClass
    {
        [$method, $path] = self::fillRoute($name, $ids);
        $value = $this->connection->send($method, $path, $body, $query, $options ?? new CallOptions());
        if ($value !== null && !$value instanceof stdClass) {
            throw new NoAnswer('not_licet', 'Something else than Licet answered. Check the URL of the server.');
        }
        return $value;
    }
}
