<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Transport;

/** Asks no server, so that no visitor waits for one: the stored record decides. */
final class StoredOnly implements Transport
{
    public function send(Request $request): Response
    {
        throw new NoAnswer('network', 'The license is being checked in the background.');
    }
}
