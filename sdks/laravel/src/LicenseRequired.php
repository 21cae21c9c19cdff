<?php

declare(strict_types=1);

namespace Licet\Laravel;

use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Licet\State;
use Licet\Status;
use Symfony\Component\HttpKernel\Exception\HttpException;

/**
 * The license does not allow this request: 402, or 503 if the server has not answered. Your exception
 * handler may render it. By default, Laravel shows the view `errors.402` or `errors.503`.
 */
final class LicenseRequired extends HttpException
{
    public function __construct(public readonly State $state)
    {
        parent::__construct($state->status === Status::Refused ? 402 : 503, (string) $state->message);
    }

    /** Returns null for a page, which Laravel renders. */
    public function render(Request $request): ?JsonResponse
    {
        $body = ['code' => $this->state->code, 'message' => $this->state->message];
        return $request->expectsJson() ? new JsonResponse($body, $this->getStatusCode()) : null;
    }
}
