<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\LicetProblem;
use Licet\NoAnswer;
use Licet\Request;
use Licet\Response;
use Licet\Transport;

/** What the clients of apps and of vendors share. */
final class Http
{
    /** @throws NoAnswer if there is no response, or a redirect */
    public static function send(Transport $transport, Request $request): Response
    {
        try {
            $response = $transport->send($request);
        } catch (NoAnswer | LicetProblem $failure) {
            throw $failure;
        } catch (\Exception $exception) {
            throw new NoAnswer('network', 'The server cannot be reached.', previous: $exception);
        }
        // Licet never redirects. A captive portal does, and the key must not follow.
        if ($response->status < 200 || ($response->status >= 300 && $response->status < 400)) {
            $message = 'The address redirects, which Licet never does.';
            throw new NoAnswer('not_licet', $message, $response->status);
        }
        return $response;
    }

    public static function requireWhole(Response $response): Response
    {
        return $response->isCut ? throw new NoAnswer('too_large', 'The response is too long.') : $response;
    }
}
