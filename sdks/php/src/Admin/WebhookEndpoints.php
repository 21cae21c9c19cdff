<?php

declare(strict_types=1);

namespace Licet\Admin;

use stdClass;

/** The calls about the endpoints of webhooks. */
final class WebhookEndpoints
{
    /** @internal */
    public function __construct(private readonly Calls $calls)
    {
    }

    /**
     * Creates an endpoint. `secret` is shown only once: if that is lost, `rotateSecret` makes a new one.
     *
     * @param array<string, mixed> $body
     */
    public function create(array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('createWebhook', [], $body, options: $options);
    }

    public function get(string $id, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('getWebhook', [$id], options: $options);
    }

    /** @param array<string, mixed> $query */
    public function list(array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listWebhooks', [], $query, $options);
    }

    /** @param array<string, mixed> $body */
    public function update(string $id, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('updateWebhook', [$id], $body, options: $options);
    }

    public function delete(string $id, ?CallOptions $options = null): void
    {
        $this->calls->run('deleteWebhook', [$id], $options);
    }

    public function rotateSecret(string $id, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('rotateWebhookSecret', [$id], options: $options);
    }

    /** Sends an event of the type `webhook.test` to the endpoint. */
    public function test(string $id, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('testWebhook', [$id], options: $options);
    }

    /**
     * Sends the events again that the endpoint has missed.
     *
     * @param array<string, mixed> $body
     */
    public function recover(string $id, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('recoverWebhookDeliveries', [$id], $body, options: $options);
    }

    /** @param array<string, mixed> $query */
    public function deliveries(string $id, array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listWebhookDeliveries', [$id], $query, $options);
    }
}
