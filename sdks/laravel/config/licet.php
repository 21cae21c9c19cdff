<?php

return [
    // The address of your Licet server.
    'url' => env('LICET_URL', ''),

    // The name of your app in letters, digits, dots and dashes. Never change it.
    'app_id' => env('LICET_APP_ID', 'laravel'),

    // The license key of the customer who runs this app, and the slug of your product.
    'key' => env('LICET_KEY'),
    'product' => env('LICET_PRODUCT'),

    // The public keys that `licet signing keys` prints. In an app that customers install, write them here
    // instead of reading them from the environment.
    'public_keys' => array_filter(explode(',', (string) env('LICET_PUBLIC_KEYS', ''))),

    // What the license is for: the domain of the app. An empty one means this machine.
    'domain' => env('LICET_DOMAIN', env('APP_URL')),
    'fingerprint' => env('LICET_FINGERPRINT'),

    // Where licenses are kept: "file" (storage/app/licet), or the name of a cache store, such as "redis" if the
    // app runs on several machines. What "cache:clear" deletes, an outage cannot bring back.
    'store' => env('LICET_STORE', 'file'),

    // How many seconds to wait for an answer.
    'timeout' => (float) env('LICET_TIMEOUT', 3.0),

    // What the middleware does if the server has not answered and nothing is stored: "deny" or "allow".
    'unknown' => env('LICET_UNKNOWN', 'deny'),

    // Where your server receives webhooks. Without a secret, there is no such route. During a rotation, the
    // secrets are separated by commas.
    'webhook' => [
        'secret' => env('LICET_WEBHOOK_SECRET'),
        'path' => env('LICET_WEBHOOK_PATH', 'licet/webhook'),
        'middleware' => [],
    ],

    // The API key for LicetAdmin. Only for your own servers, never for an app that customers install.
    'token' => env('LICET_TOKEN', ''),
];
