<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\Facades\Route;
use Licet\Laravel\Events\WebhookReceived;
use Licet\Laravel\Facades\Licet;

Route::get('/', fn () => ['hello' => 'everyone']);

Route::middleware('license:reports')->get('/reports', fn () => ['reports' => []]);

// The state says why, so that you can show it to the administrator.
Route::get('/license', fn () => response()->json(Licet::check()));

Event::listen('licet.license.revoked', function (WebhookReceived $event): void {
    Log::notice("The license {$event->data->license->id} was revoked.");
});
