<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Licet\WebhookError;
use Licet\Webhooks;
use stdClass;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

/** Turns the webhooks of a Licet server into actions: `POST /wp-json/licet/v1/<slug>/webhook`. */
final class WebhookRoute
{
    /** Licet repeats a delivery that has failed for some days. */
    private const REMEMBER_SECONDS = 7 * DAY_IN_SECONDS;

    /** @param list<string> $secrets */
    public function __construct(
        private readonly LicensedPlugin $plugin,
        private readonly array $secrets,
    ) {
    }

    public function register(): void
    {
        add_action('rest_api_init', fn () => register_rest_route('licet/v1', "/{$this->plugin->slug}/webhook", [
            'methods' => 'POST',
            'callback' => fn (WP_REST_Request $request) => $this->receive($request),
            // The signature is the permission.
            'permission_callback' => '__return_true',
        ]));
    }

    /** If a listener throws, the response is an error, and Licet sends the event again. */
    private function receive(WP_REST_Request $request): WP_REST_Response|WP_Error
    {
        try {
            $event = Webhooks::verify((string) $request->get_body(), $request->get_headers(), $this->secrets);
        } catch (WebhookError $error) {
            return new WP_Error(strtolower($error->code), $error->getMessage(), ['status' => 400]);
        }
        [$id, $type] = [$event->id ?? null, $event->type ?? null];
        if (!is_string($id) || !is_string($type)) {
            return new WP_Error('body_invalid', 'This is no event.', ['status' => 400]);
        }
        // Deliveries may be repeated, also after they have arrived.
        $seen = $this->plugin->prefix('event_' . md5($id));
        if (get_transient($seen) === false) {
            do_action('licet_webhook', $event, $this->plugin);
            do_action("licet_webhook_$type", $event, $this->plugin);
            $this->refreshOwn($event);
            set_transient($seen, 1, self::REMEMBER_SECONDS);
        }
        return new WP_REST_Response(null, 204);
    }

    /** An event about the license of this site says that a refresh is due. Only a verdict changes the record. */
    private function refreshOwn(stdClass $event): void
    {
        $own = $this->plugin->check()->license?->id;
        if ($own !== null && $own === ($event->data->license->id ?? null)) {
            $this->plugin->scheduleRefresh();
        }
    }
}
