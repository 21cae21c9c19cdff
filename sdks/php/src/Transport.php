<?php

declare(strict_types=1);

namespace Licet;

/** Sends requests. Implement it to use another HTTP client, such as that of an event loop. */
interface Transport
{
    /**
     * Returns the response, whatever its status. Must not follow redirects.
     *
     * @throws NoAnswer with the reason `timeout` or `network`
     */
    public function send(Request $request): Response;
}
