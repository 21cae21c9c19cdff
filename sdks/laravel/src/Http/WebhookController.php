<?php

declare(strict_types=1);

namespace Licet\Laravel\Http;

use Illuminate\Contracts\Cache\Repository as Cache;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Licet\Laravel\Events\WebhookReceived;
use Licet\WebhookError;
use Licet\Webhooks;

/** Turns the webhooks of a Licet server into events of the app. */
final class WebhookController
{
    /** Licet repeats a delivery that has failed for some days. */
    private const REMEMBER_SECONDS = 7 * 86_400;

    public function __construct(
        private readonly Config $config,
        private readonly Cache $cache,
        private readonly Dispatcher $events,
    ) {
    }

    /** If a listener throws, the response is an error, and Licet sends the event again. */
    public function __invoke(Request $request): Response
    {
        $secrets = explode(',', (string) $this->config->get('licet.webhook.secret'));
        try {
            $event = Webhooks::verify($request->getContent(), $request->headers->all(), $secrets);
        } catch (WebhookError $error) {
            return new Response($error->getMessage(), 400);
        }
        $received = WebhookReceived::read($event);
        if ($received === null) {
            return new Response('This is no event.', 400);
        }
        // Deliveries may be repeated, also after they have arrived.
        $seen = "licet-event-$received->id";
        if (!$this->cache->has($seen)) {
            $this->events->dispatch($received);
            $this->events->dispatch("licet.$received->type", [$received]);
            $this->cache->put($seen, true, self::REMEMBER_SECONDS);
        }
        return new Response('', 204);
    }
}
