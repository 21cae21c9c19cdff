<?php

declare(strict_types=1);

namespace Licet\Laravel\Http;

use Closure;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Http\Request;
use Licet\Laravel\LicenseRequired;
use Licet\Licet;
use Licet\Status;
use Symfony\Component\HttpFoundation\Response;

/** The middleware `license`, or `license:sso,audit` for a license with these features. */
final class RequireLicense
{
    public function __construct(
        private readonly Licet $licet,
        private readonly Repository $config,
    ) {
    }

    /** @throws LicenseRequired */
    public function handle(Request $request, Closure $next, string ...$features): Response
    {
        $state = $this->licet->check($features);
        $isTolerated = $state->status === Status::Unknown && $this->config->get('licet.unknown') === 'allow';
        if (!$state->allowed && !$isTolerated) {
            throw new LicenseRequired($state);
        }
        $request->attributes->set('license', $state);
        return $next($request);
    }
}
