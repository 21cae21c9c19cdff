<?php

declare(strict_types=1);

namespace Licet\Internal;

/** PHP's place for work that nobody should wait for: after the response was sent. */
final class Background
{
    /** @param callable(): void $work */
    public static function run(callable $work): void
    {
        // Functions that are registered during the shutdown run last, so the output of others is not lost.
        register_shutdown_function(fn () => register_shutdown_function(function () use ($work): void {
            foreach (['fastcgi_finish_request', 'litespeed_finish_request'] as $finish) {
                if (function_exists($finish)) {
                    $finish();
                }
            }
            $work();
        }));
    }
}
